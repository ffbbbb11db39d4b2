"""Request header rules: applied before any Worker sees the request, and refused where they can't be."""

import asyncio
import uuid
from collections import Counter
from typing import Any

import pytest
from websockets.asyncio.client import connect

from infra.components.affinity import affinity_rules
from tests.localcloud.cloudflare.local import Local
from tests.localcloud.cloudflare.test_deployments import KEY, two_versions
from tests.localcloud.cloudflare.test_websockets import ENDS

RULESETS = "/Z/rulesets"
ECHO = "export default { fetch(request) { return Response.json([...request.headers]) } }"


def rule(headers: dict[str, Any], expression: str = "true", **more: Any) -> dict[str, Any]:
    return {"expression": expression, "action": "rewrite", "action_parameters": {"headers": headers}, **more}


def to(expression: str) -> dict[str, Any]:
    return {"x-set": {"operation": "set", "expression": expression}}


def ruleset(*rules: Any, **more: Any) -> dict[str, Any]:
    return {
        "name": "rules",
        "kind": "zone",
        "phase": "http_request_late_transform",
        "rules": list(rules),
        **more,
    }


async def seen(local: Local, path: str = "/", **headers: str) -> dict[str, str]:
    """What the Worker sees of a visitor's headers."""
    found: dict[str, str] = dict((await local.visitor.get(path, headers=headers)).json())
    return found


@pytest.fixture
async def zone(local: Local) -> Local:
    """On a plan whose rules may read cookies."""
    await local.stop()
    local.zone_plan = "pro"
    await local.start()
    return local


async def test_a_ruleset_lives_as_the_docs_tell(local: Local) -> None:
    made = await local.result("POST", RULESETS, ruleset(rule(to('"a"'), ref="one"), description="ours"))
    (one,) = made["rules"]
    assert (made["version"], made["description"], one["ref"], one["enabled"]) == ("1", "ours", "one", True)
    path = f"{RULESETS}/{made['id']}"
    assert await local.result("GET", path) == made
    (listed,) = await local.result("GET", RULESETS)
    assert listed == {name: value for name, value in made.items() if name != "rules"}

    changed = await local.result("PUT", path, ruleset(rule(to('"b"')), rule(to('"a"'), ref="one")))
    assert (changed["version"], changed["id"], changed["description"]) == ("2", made["id"], "")
    other, kept = changed["rules"]
    assert kept == one and other["ref"] == other["id"] != one["id"]
    await local.restart()
    assert await local.result("GET", path) == changed

    response = await local.call("DELETE", path)
    assert (response.status_code, response.content) == (204, b"")
    assert await local.refused("GET", path) == (404, 7003)
    assert await local.result("GET", RULESETS) == []


async def test_a_dry_run_checks_and_keeps_nothing(local: Local) -> None:
    await local.result("POST", f"{RULESETS}?dry_run=true", ruleset(rule(to('"a"'))))
    assert await local.refused("POST", f"{RULESETS}?dry_run=true", ruleset(rule(to("")))) == (400, 20125)
    assert await local.result("GET", RULESETS) == []


async def test_rules_are_applied_in_order_to_the_request_as_it_came(zone: Local) -> None:
    await zone.live(ECHO)
    rules = [
        rule({**to('"first"'), "x-gone": {"operation": "remove"}}),
        rule(
            to("concat(lower(http.host), http.request.uri.path)"), 'http.request.uri.path contains "/there"'
        ),
        rule(to('http.request.headers["x-set"][0]'), 'http.request.headers["x-client"][0] eq "yes"'),
        rule(to('http.request.cookies["a b"][1]'), 'http.cookie contains "a%20b="'),
        rule({"x-off": {"operation": "set", "value": "on"}}, enabled=False),
        rule({"x-plain": {"operation": "set", "value": "text"}}, 'not http.request.method in {"PUT" "POST"}'),
    ]
    await zone.result("POST", RULESETS, ruleset(*rules))
    found = await seen(zone, **{"x-set": "the client's", "x-gone": "here"})
    assert (found["x-set"], found["x-plain"]) == ("first", "text")
    assert "x-gone" not in found and "x-off" not in found
    assert (await seen(zone, "/there"))["x-set"] == "localhost/there"
    assert (await seen(zone, **{"x-client": "yes", "x-set": "its own"}))["x-set"] == "its own"
    assert "x-set" not in await seen(zone, **{"x-client": "yes"})
    assert (await seen(zone, cookie="a%20b=1; c=2; a b=x=y"))["x-set"] == "x=y"
    assert "x-set" not in await seen(zone, cookie="a%20b=1")


async def test_an_address_is_the_sockets_and_a_uuid_is_new_each_time(local: Local) -> None:
    await local.live(ECHO)
    rules = [
        rule(to("to_string(ip.src)"), 'http.request.uri.path eq "/"'),
        rule(to("uuidv4(cf.random_seed)"), 'http.request.uri.path ne "/"'),
    ]
    await local.result("POST", RULESETS, ruleset(*rules))
    assert (await seen(local, **{"cf-connecting-ip": "203.0.113.9"}))["x-set"] == "127.0.0.1"
    keys = {(await seen(local, "/key"))["x-set"] for _ in range(5)}
    assert len(keys) == 5 and {uuid.UUID(key).version for key in keys} == {4}


async def test_no_rules_are_left_after_a_delete(local: Local) -> None:
    await local.live(ECHO)
    made = await local.result("POST", RULESETS, ruleset(rule(to('"a"'))))
    assert (await seen(local))["x-set"] == "a"
    await local.call("DELETE", f"{RULESETS}/{made['id']}")
    assert "x-set" not in await seen(local)


async def with_affinity(local: Local, share: int) -> tuple[str, str]:
    made = ruleset(*affinity_rules(("localhost", "www.localhost"), local.vendor.cloud.zone_plan))
    await local.result("POST", RULESETS, made)
    return await two_versions(local, share)


async def test_a_visitor_stays_by_cookie_and_goes_one_way_only(zone: Local) -> None:
    old, new = await with_affinity(zone, 10)
    visitors = [f"visitor={uuid.uuid4()}" for _ in range(60)]

    async def asked() -> list[str]:
        """Each with another key of its own: the rules overwrite it."""
        return [
            (await zone.visitor.get("/", headers={"cookie": each, KEY: str(uuid.uuid4())})).text
            for each in visitors
        ]

    before = await asked()
    assert all([await asked() == before for _ in range(3)])
    for share in (50, 100):
        await zone.deploy("edge", (old, 100 - share), (new, share))
        after = await asked()
        assert all(now == "new" for then, now in zip(before, after, strict=True) if then == "new")
        assert Counter(after)["new"] > Counter(before)["new"]
        before = after
    assert set(before) == {"new"}


async def test_without_a_cookie_chance_decides_and_the_worker_sees_the_key(zone: Local) -> None:
    """With that key as the cookie, the next request gets the same version."""
    worker = await zone.worker()
    told = (
        "export default { fetch(request) { return Response.json([NAME, request.headers.get('"
        + KEY
        + "')]) } }"
    )
    old, new = [await zone.version(worker, told.replace("NAME", f"'{name}'")) for name in ("old", "new")]
    await zone.deploy("edge", (old, 50), (new, 50))
    await zone.domain()
    await zone.result("POST", RULESETS, ruleset(*affinity_rules(("localhost",), "pro")))
    versions = Counter[str]()
    for _ in range(40):
        version, key = (await zone.visitor.get("/", headers={KEY: "mine"})).json()
        versions[version] += 1
        again = await zone.visitor.get("/", headers={"cookie": f"visitor={key}", KEY: "mine"})
        assert again.json() == [version, key]
    assert set(versions) == {"old", "new"}


async def test_on_a_free_zone_an_address_stays(local: Local) -> None:
    await with_affinity(local, 50)
    answers = {
        (await local.visitor.get("/", headers={KEY: str(uuid.uuid4()), "cookie": f"visitor={each}"})).text
        for each in range(20)
    }
    assert len(answers) == 1


async def test_an_override_still_aims_at_a_version(zone: Local) -> None:
    old, new = await with_affinity(zone, 50)
    for version, text in ((old, "old"), (new, "new")):
        headers = {"Cloudflare-Workers-Version-Overrides": f'edge="{version}"', "cookie": "visitor=me"}
        assert (await zone.visitor.get("/", headers=headers)).text == text


async def test_a_websocket_gets_its_visitors_version(zone: Local) -> None:
    worker = await zone.worker()
    old, new = [await zone.version(worker, ENDS.replace("NAME", name)) for name in ("old", "new")]
    await zone.deploy("edge", (old, 50), (new, 50))
    await zone.domain()
    await zone.result("POST", RULESETS, ruleset(*affinity_rules(("localhost",), "pro")))
    edge = zone.vendor.edge

    async def both(visitor: str) -> tuple[str, Any]:
        cookie = {"cookie": f"visitor={visitor}"}
        page = (await zone.visitor.get("/", headers=cookie)).text
        url = "ws://localhost:8700/"
        async with connect(url, host=edge.host, port=edge.port, additional_headers=cookie) as socket:
            await socket.send("name")
            return page, await socket.recv()

    answers = await asyncio.gather(*(both(f"number {number}") for number in range(20)))
    assert all(page == over for page, over in answers)
    assert {page for page, _ in answers} == {"old", "new"}


REFUSED: dict[str, tuple[dict[str, Any], tuple[int, int]]] = {
    "another phase": (ruleset(phase="http_ratelimit"), (501, 501)),
    "another kind": (ruleset(kind="custom"), (501, 501)),
    "another action": (ruleset({"expression": "true", "action": "block"}), (501, 501)),
    "another parameter": (
        ruleset({"expression": "true", "action": "rewrite", "action_parameters": {"uri": {}}}),
        (501, 501),
    ),
    "a rate limit in a rule": (ruleset(rule(to('"a"'), ratelimit={})), (501, 501)),
    "no headers": (ruleset(rule({})), (400, 20127)),
    "no parameters": (ruleset({"expression": "true", "action": "rewrite"}), (400, 20127)),
    "a header of Cloudflare's": (ruleset(rule({"CF-Ray": {"operation": "remove"}})), (400, 20127)),
    "a name with a space": (ruleset(rule({"a b": {"operation": "remove"}})), (400, 20127)),
    "nothing to set": (ruleset(rule({"a": {"operation": "set"}})), (400, 20127)),
    "two things to set": (
        ruleset(rule({"a": {"operation": "set", "value": "a", "expression": '"a"'}})),
        (400, 20127),
    ),
    "something to remove": (ruleset(rule({"a": {"operation": "remove", "value": "a"}})), (400, 20127)),
    "adding to a request's header": (ruleset(rule({"a": {"operation": "add", "value": "a"}})), (400, 20127)),
    "a ref twice": (ruleset(rule(to('"a"'), ref="one"), rule(to('"b"'), ref="one")), (400, 20127)),
    "cookies on a free zone": (ruleset(rule(to('http.request.cookies["a"][0]'))), (400, 20127)),
    "a disabled rule that is wrong": (ruleset(rule(to("http."), enabled=False)), (501, 501)),
    "a value of two lines": (ruleset(rule({"a": {"operation": "set", "value": "a\nb"}})), (400, 10006)),
    "no name": (ruleset(name=""), (400, 10006)),
    "rules that are none": (ruleset("true"), (400, 10006)),
    "an unknown field": (ruleset(colour="red"), (400, 10006)),
}


async def test_a_ruleset_is_refused(local: Local) -> None:
    answers = {case: await local.refused("POST", RULESETS, sent) for case, (sent, _) in REFUSED.items()}
    assert answers == {case: expected for case, (_, expected) in REFUSED.items()}
    assert await local.result("GET", RULESETS) == []


async def test_a_second_ruleset_and_a_change_of_what_is_fixed_are_refused(local: Local) -> None:
    made = await local.result("POST", RULESETS, ruleset(rule(to('"a"'))))
    assert await local.refused("POST", RULESETS, ruleset()) == (400, 20217)
    for change in ({"name": "other"}, {"kind": "root"}, {"phase": "http_ratelimit"}):
        assert await local.refused("PUT", f"{RULESETS}/{made['id']}", ruleset(**change)) == (400, 20127)
    assert await local.refused("PUT", f"{RULESETS}/{made['id']}", ruleset(rule(to("nothing")))) == (501, 501)
    assert await local.result("GET", f"{RULESETS}/{made['id']}") == made
