"""The sequence of wire/pulumi-cloudflare-6.17.0.txt, by the official SDK and plain HTTP, up to the edge."""

import asyncio
import base64
import time

import httpx

from tests.localcloud.cloudflare.local import ACCOUNT, HELLO, ZONE, Local, digest, version

ENV = "export default { fetch(request, env) { return Response.json(env) } }"


async def test_the_official_sdk_brings_a_worker_with_assets_live(local: Local) -> None:
    sdk = local.sdk
    assert (await sdk.user.tokens.verify()).status == "active"  # type: ignore[union-attr]  # never null on success
    zones = [zone.id async for zone in sdk.zones.list(name="localhost")]
    assert zones == [ZONE]
    worker = await sdk.workers.beta.workers.create(account_id=ACCOUNT, name="edge")
    assert worker is not None
    page = b"<h1>front</h1>"
    manifest = {"/index.html": {"hash": digest(page), "size": len(page)}}
    session = await sdk.workers.scripts.assets.upload.create("edge", account_id=ACCOUNT, manifest=manifest)  # type: ignore[arg-type]  # a plain dict is what the manifest is
    assert session is not None
    assert session.buckets == [[digest(page)]]
    done = await sdk.workers.assets.upload.create(
        account_id=ACCOUNT,
        base64=True,
        body={digest(page): base64.b64encode(page).decode()},
        extra_headers={"Authorization": f"Bearer {session.jwt}"},
    )
    assert done is not None
    new = await sdk.workers.beta.workers.versions.create(
        worker.id,
        account_id=ACCOUNT,
        main_module="worker.js",
        modules=version()["modules"],
        compatibility_date="2026-11-01",
        assets={"jwt": str(done.jwt), "config": {"run_worker_first": ["/api/*"]}},
        bindings=[
            {"name": "ASSETS", "type": "assets"},
            {"name": "S", "type": "secret_text", "text": "planted"},
        ],
    )
    assert new is not None
    await sdk.workers.scripts.deployments.create(
        "edge",
        account_id=ACCOUNT,
        strategy="percentage",
        versions=[{"version_id": new.id, "percentage": 100}],
    )
    await sdk.workers.domains.update(account_id=ACCOUNT, hostname="localhost", service="edge", zone_id=ZONE)
    await sdk.dns.records.create(
        zone_id=ZONE, name="www.localhost", type="AAAA", content="100::", proxied=True, ttl=1
    )
    await sdk.workers.routes.create(zone_id=ZONE, pattern="www.localhost/*", script="edge")
    await sdk.workers.scripts.schedules.update("edge", account_id=ACCOUNT, body=[{"cron": "*/5 * * * *"}])
    assert (await local.visitor.get("/")).text == "<h1>front</h1>"
    assert (await local.visitor.get("/api/x")).text == "hello from http://localhost:8700/api/x"
    response = await local.visitor.get("/api/x", headers={"host": "www.localhost:8700"})
    assert response.text == "hello from http://www.localhost:8700/api/x"
    await sdk.workers.beta.workers.delete(worker.id, account_id=ACCOUNT)
    assert (await local.visitor.get("/")).status_code == 530


async def test_bindings_arrive_as_declared(local: Local) -> None:
    bindings = [
        {"name": "TEXT", "type": "plain_text", "text": "ü"},
        {"name": "SECRET", "type": "secret_text", "text": "s3cret"},
        {"name": "JSON", "type": "json", "json": {"a": [1, None]}},
        {"name": "RELEASE", "type": "version_metadata"},
    ]
    await local.live(ENV, bindings=bindings, annotations={"workers/tag": "r1"})
    env = (await local.visitor.get("/")).json()
    assert {name: env[name] for name in ("TEXT", "SECRET", "JSON")} == {
        "TEXT": "ü",
        "SECRET": "s3cret",
        "JSON": {"a": [1, None]},
    }
    assert env["RELEASE"]["tag"] == "r1"


async def test_modules_of_every_kind_are_importable(local: Local) -> None:
    code = """import text from "./t.txt"; import data from "./d.bin"; import json from "./j.json";
    export default { fetch() { return Response.json([text, new Uint8Array(data)[0], json.a]) } }"""
    body = version(code)
    for name, kind, content in (
        ("t.txt", "text/plain", b"hi"),
        ("d.bin", "application/octet-stream", b"\x07\xff"),
        ("j.json", "application/json", b'{"a":3}'),
    ):
        encoded = base64.b64encode(content).decode()
        body["modules"].append({"name": name, "content_type": kind, "content_base64": encoded})
    worker = await local.worker()
    new = await local.result("POST", f"/A/workers/workers/{worker}/versions", body)
    await local.deploy("edge", new["id"])
    await local.domain()
    assert (await local.visitor.get("/")).json() == ["hi", 7, 3]


async def test_source_text_may_hold_any_character(local: Local) -> None:
    text = "\0\x01\x1f\x7f\u0080\u2028\\\\u0000"
    await local.live(f"export default {{ fetch() {{ return new Response('{text}') }} }}")
    assert (await local.visitor.get("/")).text == text.replace("\\\\", "\\")


async def test_a_service_binding_reaches_the_other_workers_deployment(local: Local) -> None:
    back = await local.worker("back")
    await local.deploy(
        "back", await local.version(back, "export default { fetch() { return new Response('back') } }")
    )
    code = "export default { fetch(request, env) { return env.BACK.fetch(request) } }"
    await local.live(code, bindings=[{"name": "BACK", "type": "service", "service": "back"}])
    assert (await local.visitor.get("/")).text == "back"


async def test_a_rate_limit_counts_by_key(local: Local) -> None:
    code = """export default { async fetch(request, env) {
      return Response.json(await env.LIMIT.limit({ key: new URL(request.url).pathname })) } }"""
    simple = {"limit": 2, "period": 60}
    await local.live(
        code, bindings=[{"name": "LIMIT", "type": "ratelimit", "namespace_id": "1", "simple": simple}]
    )
    answers = [(await local.visitor.get(path)).json()["success"] for path in ("/a", "/a", "/a", "/b")]
    assert answers == [True, True, False, True]


async def test_the_older_script_upload_deploys_at_once_and_reads_back(local: Local) -> None:
    metadata = (
        '{"main_module": "w.js", "compatibility_date": "2026-11-01",'
        ' "bindings": [{"name": "S", "type": "secret_text", "text": "planted"}]}'
    )
    form: dict[str, tuple[str | None, str | bytes, str]] = {
        "w.js": ("w.js", HELLO.encode() + b"\r\n", "application/javascript+module"),
        "metadata": (None, metadata, "application/json"),
    }
    path = f"/accounts/{ACCOUNT}/workers/scripts/edge"
    response = await local.http.put(path, files=form)
    assert response.is_success, response.text
    await local.domain()
    assert (await local.visitor.get("/")).text == "hello from http://localhost:8700/"
    assert (await local.result("GET", "/A/workers/services/edge"))["id"] == "edge"
    settings = await local.result("GET", "/A/workers/scripts/edge/settings")
    assert settings["bindings"] == [{"name": "S", "type": "secret_text"}]
    content = await local.call("GET", "/A/workers/scripts/edge/content/v2")
    assert HELLO in content.text
    assert (await local.call("DELETE", "/A/workers/scripts/edge")).is_success


async def test_what_a_client_claims_of_itself_is_replaced(local: Local) -> None:
    await local.live(
        "export default { fetch(r) { return Response.json([...r.headers, ['colo', r.cf.colo]]) } }"
    )
    claims = {"cf-connecting-ip": "6.6.6.6", "x-forwarded-proto": "https", "cf-ray": "forged"}
    headers = dict((await local.visitor.get("/", headers=claims)).json())
    assert headers["cf-connecting-ip"] == "127.0.0.1"
    assert headers["x-forwarded-proto"] == "http"
    assert headers["cf-visitor"] == '{"scheme":"http"}'
    assert headers["cf-ray"].endswith("-LOCAL")
    assert headers["colo"] == "LOCAL"


async def test_an_uncaught_error_is_a_1101_page_and_its_stack_is_in_the_log_with_the_workers_name(
    local: Local,
) -> None:
    await local.live(
        """function deep() { throw new TypeError('boom') }
        export default { fetch(request, env, ctx) {
          console.log('said'); ctx.waitUntil(Promise.reject(new Error('late'))); deep() } }"""
    )
    response = await local.visitor.get("/path")
    assert response.status_code == 500
    assert "1101" in response.text
    expected = (
        "said",
        "worker edge version",
        "GET /path failed: TypeError: boom",
        "at deep (worker.js:1:",
        "Error: late",
    )
    deadline = time.monotonic() + 20
    while not all(text in (log := (local.data / "logs" / "edge.log").read_text()) for text in expected):
        assert time.monotonic() < deadline, log
        await asyncio.sleep(0.02)


async def test_a_worker_behind_an_https_front_sees_its_public_url(local: Local) -> None:
    await local.stop()
    local.url = "https://localhost:8700"
    await local.start()
    await local.live()
    response = await local.visitor.post("/path", content=b"x")
    assert response.text == "hello from https://localhost:8700/path"


async def test_another_web_page_cannot_use_the_control_socket(local: Local) -> None:
    client = local.vendor.cloud.engine._client
    assert client is not None
    async with httpx.AsyncClient(base_url=client.base_url) as stranger:
        assert (await stranger.put("/table", json={})).status_code == 403
        assert (await stranger.post("/scheduled", json={})).status_code == 403
