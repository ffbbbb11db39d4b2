"""A planted secret is in no answer, no log, no argument list and no document: only in the version's file."""

import psutil

from tests.localcloud.cloudflare.local import Local, version

PLANTED = "planted-secret-7f3a9c"


async def test_a_secret_is_in_the_versions_file_only(local: Local) -> None:
    secret = [{"name": "S", "type": "secret_text", "text": PLANTED}]
    worker = await local.live(
        "export default { fetch(r, env) { return new Response(env.S.length) } }", bindings=secret
    )
    assert (await local.visitor.get("/")).text == str(len(PLANTED))
    refused = await local.call(
        "POST", f"/A/workers/workers/{worker}/versions", version("throw new Error('no')", bindings=secret)
    )
    answers = [
        refused.text,
        (await local.call("GET", f"/A/workers/workers/{worker}/versions")).text,
        (await local.call("GET", "/A/workers/scripts/edge/settings")).text,
        (await local.call("GET", "/A/workers/scripts/edge/content/v2")).text,
    ]
    assert not any(PLANTED in answer for answer in answers)
    arguments = [" ".join(child.cmdline()) for child in psutil.Process().children(recursive=True)]
    assert not any(PLANTED in line for line in arguments)
    holding = [
        path for path in local.data.rglob("*") if path.is_file() and PLANTED.encode() in path.read_bytes()
    ]
    assert [path.parent.name for path in holding] == ["versions"]
    assert [path.stat().st_mode & 0o777 for path in holding] == [0o600]
