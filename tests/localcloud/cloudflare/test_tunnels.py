"""Tunnels in the control plane: their life, names, secrets, configurations, connections and tokens."""

import base64
import json
import re
from typing import Any

import httpx
import pytest
from cloudflare import BadRequestError, ConflictError, NotFoundError

from tests.localcloud.cloudflare.local import ACCOUNT, Local
from tests.localcloud.cloudflare.tunnel import (
    configure,
    connected,
    make_tunnel,
    secret,
    status_of,
    stranger,
    until_status,
)

T = "/A/cfd_tunnel"
NOBODY = "00000000-0000-4000-8000-000000000000"


async def test_the_life_of_a_tunnel_with_the_official_sdk(local: Local) -> None:
    tunnels = local.sdk.zero_trust.tunnels.cloudflared
    made = await tunnels.create(
        account_id=ACCOUNT, name="vps-1", config_src="cloudflare", tunnel_secret=secret()
    )
    assert made.id is not None
    assert (made.status, made.remote_config, made.deleted_at) == ("inactive", True, None)
    renamed = await tunnels.edit(made.id, account_id=ACCOUNT, name="vps-2")
    assert (renamed.id, renamed.name) == (made.id, "vps-2")
    listed = [each.id async for each in tunnels.list(account_id=ACCOUNT, name="vps-2")]
    assert listed == [made.id]
    assert [each.id async for each in tunnels.list(account_id=ACCOUNT, name="vps-1")] == []
    deleted = await tunnels.delete(made.id, account_id=ACCOUNT)
    assert deleted.deleted_at is not None
    assert (await tunnels.get(made.id, account_id=ACCOUNT)).deleted_at == deleted.deleted_at
    assert [each.id async for each in tunnels.list(account_id=ACCOUNT, is_deleted=False)] == []
    assert [each.id async for each in tunnels.list(account_id=ACCOUNT, is_deleted=True)] == [made.id]
    with pytest.raises(NotFoundError):
        await tunnels.delete(made.id, account_id=ACCOUNT)


async def test_a_name_is_taken_while_its_tunnel_lives(local: Local) -> None:
    tunnels = local.sdk.zero_trust.tunnels.cloudflared
    one = await make_tunnel(local, "one")
    two = await make_tunnel(local, "two")
    with pytest.raises(ConflictError):
        await tunnels.create(account_id=ACCOUNT, name="one")
    assert await local.refused("POST", T, {"name": "one"}) == (409, 1013)
    assert await local.refused("PATCH", f"{T}/{two}", {"name": "one"}) == (409, 1013)
    await local.result("DELETE", f"{T}/{one}")
    await local.result("PATCH", f"{T}/{two}", {"name": "one"})


async def test_the_token_holds_the_secret_and_no_other_answer_does(local: Local) -> None:
    own = secret()
    body = {"name": "vps-1", "config_src": "cloudflare", "tunnel_secret": own}
    made = await local.call("POST", T, body)
    tunnel = made.json()["result"]["id"]
    answers = [
        made.text,
        (await local.call("PATCH", f"{T}/{tunnel}", {"tunnel_secret": own})).text,
        *[(await local.call("GET", f"{T}/{tunnel}{path}")).text for path in ("", "/configurations")],
        (await local.call("GET", T)).text,
    ]
    assert not any(own in answer or "secret" in answer for answer in answers)
    token = await local.result("GET", f"{T}/{tunnel}/token")
    assert json.loads(base64.b64decode(token)) == {"a": ACCOUNT, "t": tunnel, "s": own}
    for path in local.data.rglob("*.sqlite*"):
        assert path.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("wrong", ["c2VjcmV0", "not base64 at all, whatever its length is"])
async def test_a_weak_secret_is_refused(local: Local, wrong: str) -> None:
    assert (await local.refused("POST", T, {"name": "vps-1", "tunnel_secret": wrong}))[0] == 400
    assert await local.result("GET", T) == []


async def test_without_a_secret_cloudflare_makes_one(local: Local) -> None:
    made = await local.result("POST", T, {"name": "vps-1"})
    token = json.loads(base64.b64decode(await local.result("GET", f"{T}/{made['id']}/token")))
    assert len(base64.b64decode(token["s"])) == 32


async def test_a_configuration_has_versions(local: Local) -> None:
    tunnel = await make_tunnel(local)
    path = f"{T}/{tunnel}/configurations"
    before = await local.result("GET", path)
    assert (before["version"], before["config"], before["source"]) == (0, None, "cloudflare")
    rule = {"hostname": "vps-1.localhost", "path": "^/api", "service": "http://localhost:8721"}
    put = await configure(local, tunnel, rule)
    assert put["version"] == 1
    assert await local.result("GET", path) == put
    assert put["config"] == {"ingress": [rule, {"service": "http_status:404"}]}
    assert (await configure(local, tunnel))["version"] == 2


LAST = {"service": "http_status:404"}


def rule(service: str = "http://localhost:1", **fields: Any) -> dict[str, Any]:
    return {"service": service, **fields}


REFUSED: dict[str, tuple[list[dict[str, Any]], str]] = {
    "no rules": ([], "doesn't contain any ingress rules"),
    "a last rule with a host": ([rule(hostname="a.localhost")], "last ingress rule must match all URLs"),
    "a last rule with a path": ([rule(path="/x")], "last ingress rule must match all URLs"),
    "an earlier rule for everything": ([rule(), LAST], "Rule #1 is matching the hostname ''"),
    "an earlier rule for every host": ([rule(hostname="*"), LAST], "Rule #1 is matching the hostname '*'"),
    "a host with a port": ([rule(hostname="a.localhost:80"), LAST], "cannot contain a port"),
    "a wildcard inside a host": ([rule(hostname="a.*.localhost"), LAST], "at most one wildcard"),
    "a service without a scheme": ([rule("localhost"), LAST], "scheme and a hostname"),
    "a service with a path": ([rule("http://localhost:1/x", path="/x"), LAST], "different path"),
    "a service with a strange port": ([rule("http://localhost:x", path="/x"), LAST], "invalid port"),
    "a status that is none": ([rule("http_status:no")], "invalid HTTP status"),
    "a path that is no expression": ([rule(path="("), LAST], "Rule #1 has an invalid regex"),
    "a path that looks ahead": ([rule(path="^/(?=a)"), LAST], "Rule #1 has an invalid regex"),
    "a path that refers back": ([rule(path=r"(a)\1"), LAST], "Rule #1 has an invalid regex"),
    "a path that possesses": ([rule(path="a++"), LAST], "Rule #1 has an invalid regex"),
}


@pytest.mark.parametrize("case", REFUSED)
async def test_rules_are_refused_as_cloudflared_refuses_them(local: Local, case: str) -> None:
    ingress, message = REFUSED[case]
    tunnel = await make_tunnel(local)
    body = {"config": {"ingress": ingress}}
    response = await local.call("PUT", f"{T}/{tunnel}/configurations", body)
    error = response.json()["errors"][0]
    assert (response.status_code, error["code"]) == (400, 1056)
    assert message in error["message"]
    assert (await local.result("GET", f"{T}/{tunnel}/configurations"))["version"] == 0


LACKING: dict[str, dict[str, Any]] = {
    "https://localhost:8443": {"ingress": [rule("https://localhost:8443")]},
    "tcp://localhost:22": {"ingress": [rule("tcp://localhost:22")]},
    "http://10.0.0.5:80": {"ingress": [rule("http://10.0.0.5:80")]},
    "hello_world": {"ingress": [rule("hello_world")]},
    "unix:/run/x": {"ingress": [rule("unix:/run/x")]},
    "httpHostHeader": {"ingress": [rule(originRequest={"httpHostHeader": "x"})]},
    "connectTimeout": {"ingress": [LAST], "originRequest": {"connectTimeout": 1}},
    "warp-routing": {"ingress": [LAST], "warp-routing": {"enabled": True}},
    "(?i)": {"ingress": [rule(path="(?i)/X"), LAST]},
    "(?P<a>x)": {"ingress": [rule(path="(?P<a>x)"), LAST]},
    "[[:alpha:]]": {"ingress": [rule(path="[[:alpha:]]"), LAST]},
}


@pytest.mark.parametrize("name", LACKING)
async def test_what_tunnels_here_lack_answers_501_by_name(local: Local, name: str) -> None:
    tunnel = await make_tunnel(local)
    response = await local.call("PUT", f"{T}/{tunnel}/configurations", {"config": LACKING[name]})
    assert response.status_code == 501
    assert name in response.json()["errors"][0]["message"]


async def test_a_locally_managed_tunnel_takes_no_configuration(local: Local) -> None:
    made = await local.result("POST", T, {"name": "vps-1"})
    assert (made["config_src"], made["remote_config"]) == ("local", False)
    body = {"config": {"ingress": [LAST]}}
    assert await local.refused("PUT", f"{T}/{made['id']}/configurations", body) == (501, 501)


@pytest.mark.parametrize("path", ["", "/token", "/connections", "/configurations"])
async def test_a_tunnel_that_never_was_is_not_found(local: Local, path: str) -> None:
    assert await local.refused("GET", f"{T}/{NOBODY}{path}") == (404, 1003)


async def test_a_connector_is_shown_while_it_is_there(local: Local) -> None:
    tunnel = await make_tunnel(local)
    assert await status_of(local, tunnel) == "inactive"
    async with connected(local, tunnel) as lines:
        assert await status_of(local, tunnel) == "healthy"
        (shown,) = await local.result("GET", f"{T}/{tunnel}/connections")
        assert re.fullmatch(r"[0-9a-f-]{36}", shown["id"])
        assert len(shown["conns"]) == 1
        assert "heartbeat" in await anext(lines)
    await until_status(local, tunnel, "down")
    assert await local.result("GET", f"{T}/{tunnel}/connections") == []


async def test_a_connected_tunnel_cannot_be_deleted(local: Local) -> None:
    tunnel = await make_tunnel(local)
    async with connected(local, tunnel) as lines:
        with pytest.raises(BadRequestError) as refusal:
            await local.sdk.zero_trust.tunnels.cloudflared.delete(tunnel, account_id=ACCOUNT)
        assert refusal.value.errors[0].code == 1022
        await local.result("DELETE", f"{T}/{tunnel}/connections")
        assert [line async for line in lines if "heartbeat" not in line] == []
    await until_status(local, tunnel, "down")
    await local.result("DELETE", f"{T}/{tunnel}")


def token(account: str = ACCOUNT, tunnel: str = NOBODY, value: str = "") -> str:
    return base64.b64encode(json.dumps({"a": account, "t": tunnel, "s": value}).encode()).decode()


async def refusal(client: httpx.AsyncClient, own: str) -> int:
    """The status that a connector with this token gets; an accepted one's answer is left unread."""
    asked = {"token": own, "server": "vps-1"}
    async with client.stream("POST", "/local/tunnels/connect", json=asked) as response:
        return response.status_code


async def test_a_connector_needs_the_tunnels_own_token(local: Local) -> None:
    tunnel, other = await make_tunnel(local), await make_tunnel(local, "other")
    good = await local.result("GET", f"{T}/{tunnel}/token")
    value = json.loads(base64.b64decode(good))["s"]
    await local.result("DELETE", f"{T}/{other}")
    wrong = [
        "",
        "nonsense",
        base64.b64encode(b"[]").decode(),
        token(tunnel=tunnel, value=secret()),
        token(tunnel=other, value=value),
        token(tunnel=NOBODY, value=value),
        token(account="0" * 32, tunnel=tunnel, value=value),
    ]
    async with stranger(local) as client:
        for each in wrong:
            assert await refusal(client, each) == 401
    assert await status_of(local, tunnel) == "inactive"


async def test_a_new_secret_ends_the_old_token(local: Local) -> None:
    tunnel = await make_tunnel(local)
    old = await local.result("GET", f"{T}/{tunnel}/token")
    async with connected(local, tunnel) as lines:
        await local.result("PATCH", f"{T}/{tunnel}", {"tunnel_secret": secret()})
        assert "heartbeat" in await anext(lines)
        async with stranger(local) as client:
            assert await refusal(client, old) == 401
    async with connected(local, tunnel):
        assert await status_of(local, tunnel) == "healthy"


async def test_the_tunnels_token_opens_nothing_else(local: Local) -> None:
    own = await local.result("GET", f"{T}/{await make_tunnel(local)}/token")
    async with stranger(local) as client:
        for method, path in (
            ("GET", "/client/v4/zones"),
            ("GET", "/local/crons"),
            ("POST", "/local/crons/fire"),
            ("GET", "/local/tunnels/connect"),
        ):
            response = await client.request(method, path, headers={"authorization": f"Bearer {own}"})
            assert response.status_code == 403
