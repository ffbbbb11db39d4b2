"""What the control plane refuses, with Cloudflare's statuses and codes, and what it lacks."""

from typing import Any

import httpx
import pytest

from tests.localcloud.cloudflare.local import ACCOUNT, ZONE, Local, digest, version

W = "/A/workers/workers"


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/A/warp_connector"),
        ("GET", "/A/storage/kv/namespaces"),
        ("PUT", "/A/workers/scripts/edge/secrets"),
        ("POST", "/A/workers/domains"),
        ("GET", "/Z/settings"),
    ],
)
async def test_what_is_lacking_answers_501_by_name(local: Local, method: str, path: str) -> None:
    response = await local.call(method, path, {})
    document = response.json()
    assert response.status_code == 501
    assert (document["success"], document["result"]) == (False, None)
    name = path.rsplit("/", 1)[-1]
    assert name in document["errors"][0]["message"]


async def test_a_binding_type_that_is_not_emulated_is_named(local: Local) -> None:
    worker = await local.worker()
    body = version(bindings=[{"name": "KV", "type": "kv_namespace", "namespace_id": "x"}])
    response = await local.call("POST", f"{W}/{worker}/versions", body)
    assert response.status_code == 501
    assert "kv_namespace" in response.json()["errors"][0]["message"]


@pytest.mark.parametrize("token", [None, "Bearer wrong", "Basic x"])
async def test_a_call_without_the_token_is_refused(local: Local, token: str | None) -> None:
    headers = {} if token is None else {"authorization": token}
    async with httpx.AsyncClient(base_url=local.http.base_url, headers=headers) as stranger:
        response = await stranger.get("/user/tokens/verify")
    assert (response.status_code, response.json()["errors"][0]["code"]) == (403, 10000)


async def test_another_account_or_zone_is_not_this_tokens(local: Local) -> None:
    assert await local.refused("GET", f"/accounts/{'0' * 32}/workers/workers") == (403, 10000)
    assert await local.refused("GET", f"/zones/{'0' * 32}") == (404, 7003)


def text(name: str, size: int = 1) -> dict[str, str]:
    return {"name": name, "type": "plain_text", "text": "x" * size}


VERSIONS: dict[str, tuple[dict[str, Any], int]] = {
    "code that throws at start": (version("throw new Error('at start')"), 10021),
    "code that is no JavaScript": (version("export default {"), 10021),
    "an import of nothing": (version("import 'nothing'; export default {}"), 10021),
    "a main module that is missing": (version(main_module="other.js"), 10021),
    "no compatibility date": (version(compatibility_date=None), 10021),
    "a binding twice": (version(bindings=[text("A"), text("A")]), 10053),
    "a variable too big": (version(bindings=[text("A", 5 * 1024 + 1)]), 10054),
    "too many variables": (version(bindings=[text(f"A{n}") for n in range(129)]), 10055),
    "a CPU limit too high": (version(limits={"cpu_ms": 300_001}), 10206),
    "an unknown service": (version(bindings=[{"name": "S", "type": "service", "service": "none"}]), 10143),
    "assets that were never uploaded": (version(assets={"jwt": "x"}), 10305),
    "a body without sense": ({"modules": "none"}, 10006),
}


@pytest.mark.parametrize("case", VERSIONS)
async def test_a_version_is_refused(local: Local, case: str) -> None:
    body, code = VERSIONS[case]
    worker = await local.worker()
    assert await local.refused("POST", f"{W}/{worker}/versions", body) == (400, code)
    assert await local.result("GET", f"{W}/{worker}/versions") == []
    assert list(local.vendor.cloud.files.versions.iterdir()) == []


async def test_a_script_over_the_size_limit_is_refused(local: Local) -> None:
    worker = await local.worker()
    body = version("//" + "x" * (64 * 1024 * 1024))
    assert await local.refused("POST", f"{W}/{worker}/versions", body) == (400, 10027)


async def test_the_message_of_code_that_does_not_start_is_workerds(local: Local) -> None:
    worker = await local.worker()
    response = await local.call("POST", f"{W}/{worker}/versions", version("throw new Error('at start')"))
    assert "Uncaught Error: at start" in response.json()["errors"][0]["message"]


async def test_the_free_plan_refuses_a_cpu_limit_and_a_sixth_cron(local: Local) -> None:
    await local.stop()
    local.plan = "free"
    await local.start()
    worker = await local.worker()
    assert await local.refused("POST", f"{W}/{worker}/versions", version(limits={"cpu_ms": 10})) == (
        400,
        100328,
    )
    crons = [{"cron": f"{n} * * * *"} for n in range(6)]
    assert await local.refused("PUT", "/A/workers/scripts/edge/schedules", crons) == (400, 10072)


async def test_workers_are_refused(local: Local) -> None:
    await local.worker()
    assert await local.refused("POST", W, {"name": "edge"}) == (409, 10040)
    assert await local.refused("POST", W, {"name": "Edge_1"}) == (400, 10016)
    assert await local.refused("GET", f"{W}/none") == (404, 10007)
    assert await local.refused("GET", f"{W}/edge/versions/{'0' * 32}") == (404, 10071)


async def test_deployments_are_refused(local: Local) -> None:
    worker = await local.worker()
    one = await local.version(worker)
    path = "/A/workers/scripts/edge/deployments"

    def shares(*percentages: float, ids: list[str] | None = None) -> dict[str, Any]:
        chosen = ids or [one, "other", "third"]
        pairs = zip(chosen, percentages, strict=False)
        return {"strategy": "percentage", "versions": [{"version_id": i, "percentage": p} for i, p in pairs]}

    assert await local.refused("POST", path, shares(90)) == (400, 10210)
    assert await local.refused("POST", path, shares(50, 25, 25)) == (400, 10210)
    assert await local.refused("POST", path, shares(50, 50, ids=[one, one])) == (400, 10210)
    assert await local.refused("POST", path, shares(50, 50)) == (404, 10071)
    assert await local.refused("POST", "/A/workers/scripts/none/deployments", shares(100)) == (404, 10007)
    await local.deploy("edge", one)
    assert await local.refused("DELETE", f"{W}/{worker}/versions/{one}") == (400, 10210)


async def test_routes_and_domains_are_refused(local: Local) -> None:
    await local.worker("one")
    await local.worker("two")
    route = {"pattern": "localhost/*", "script": "one"}
    await local.result("POST", "/Z/workers/routes", route)
    assert await local.refused("POST", "/Z/workers/routes", route) == (409, 10020)
    assert await local.refused("POST", "/Z/workers/routes", {"pattern": "localhost/x", "script": "none"}) == (
        400,
        10019,
    )
    assert await local.refused("GET", f"/Z/workers/routes/{'0' * 32}") == (404, 10009)
    domain = await local.domain("one")
    assert await local.domain("one") == domain
    path, body = "/A/workers/domains", {"hostname": "localhost", "service": "two", "zone_id": ZONE}
    assert await local.refused("PUT", path, body) == (409, 100116)
    assert await local.refused("PUT", path, {**body, "service": "none"}) == (404, 10007)
    assert await local.refused("PUT", path, {**body, "hostname": "example.com"}) == (400, 100112)


async def test_records_are_refused(local: Local) -> None:
    await local.worker()
    record = {"name": "www", "type": "AAAA", "content": "100::", "proxied": True, "ttl": 1}
    await local.result("POST", "/Z/dns_records", record)
    assert await local.refused("POST", "/Z/dns_records", record) == (400, 81058)
    cname = {**record, "type": "CNAME", "content": "x.example.com"}
    assert await local.refused("POST", "/Z/dns_records", cname) == (400, 81053)
    body = {"hostname": "www.localhost", "service": "edge", "zone_id": ZONE}
    assert await local.refused("PUT", "/A/workers/domains", body) == (409, 100117)
    assert await local.refused("GET", f"/Z/dns_records/{'0' * 32}") == (404, 81044)


async def test_asset_uploads_are_refused(local: Local) -> None:
    await local.worker()
    session = "/A/workers/scripts/edge/assets-upload-session"
    bad = [
        {"index.html": {"hash": "0" * 32, "size": 1}},
        {"/index.html": {"hash": "short", "size": 1}},
        {"/index.html": {"hash": "0" * 32, "size": 25 * 1024 * 1024 + 1}},
    ]
    for manifest in bad:
        assert await local.refused("POST", session, {"manifest": manifest}) == (400, 10304)
    digest_ = digest(b"x")
    token = (await local.result("POST", session, {"manifest": {"/x": {"hash": digest_, "size": 1}}}))["jwt"]
    path, headers = (
        f"/accounts/{ACCOUNT}/workers/assets/upload?base64=true",
        {"authorization": f"Bearer {token}"},
    )
    for name, content in ((digest(b"y"), "eA=="), (digest_, "eHg="), (digest_, "!")):
        response = await local.http.post(path, headers=headers, files={name: (name, content)})
        assert (response.status_code, response.json()["errors"][0]["code"]) == (400, 10305)
    assert await local.refused("POST", f"{W}/edge/versions", version(assets={"jwt": token})) == (400, 10305)
    stranger = await local.http.post(
        path, headers={"authorization": "Bearer x"}, files={digest_: (digest_, "eA==")}
    )
    assert stranger.status_code == 403


@pytest.mark.parametrize("cron", ["* * * *", "61 * * * *", "* * * * 0", "* * * * 8", "x"])
async def test_a_bad_cron_is_refused(local: Local, cron: str) -> None:
    await local.worker()
    assert await local.refused("PUT", "/A/workers/scripts/edge/schedules", [{"cron": cron}]) == (400, 10072)
