"""Which Worker a URL runs: routes, custom domains, wildcards, DNS (Workers routing docs, 2026-11-23)."""

from typing import Any

import pytest

from tests.localcloud.cloudflare.local import Local


async def named(local: Local, *names: str) -> None:
    for name in names:
        worker = await local.worker(name)
        code = f"export default {{ fetch() {{ return new Response('{name}') }} }}"
        await local.deploy(name, await local.version(worker, code))


async def routed(local: Local, routes: dict[str, str | None]) -> None:
    for pattern, script in routes.items():
        body: dict[str, Any] = (
            {"pattern": pattern} if script is None else {"pattern": pattern, "script": script}
        )
        await local.result("POST", "/Z/workers/routes", body)


async def record(local: Local, name: str, proxied: bool = True) -> Any:
    body = {"name": name, "type": "AAAA", "content": "100::", "proxied": proxied, "ttl": 1}
    return await local.result("POST", "/Z/dns_records", body)


async def answer(local: Local, url: str) -> str:
    """The Worker's name, or the status of the edge's page."""
    host, slash, path = url.partition("/")
    response = await local.visitor.get(slash + path or "/", headers={"host": host})
    return response.text if response.status_code == 200 else str(response.status_code)


async def test_the_most_specific_route_wins_and_runs_before_a_custom_domain(local: Local) -> None:
    await named(local, "domain", "wide", "deep", "exact", "all")
    await local.domain("domain")
    await record(local, "*.localhost")
    await routed(
        local,
        {
            "*localhost/*": "all",
            "localhost/api/*": "wide",
            "localhost/api/v2/*": "deep",
            "localhost/api/v2/off": None,
            "localhost/cat.png": "exact",
            "*.localhost/sub/*": "wide",
            "http://s.localhost/*": "exact",
            "https://s.localhost/*": "deep",
        },
    )
    table = {
        "localhost/api/x": "wide",
        "localhost/api/v2/x": "deep",
        "localhost/api/v2/off": "522",
        "localhost/cat.png": "exact",
        "localhost/cat.png?x": "all",
        "localhost/CAT.png": "all",
        "a.localhost/sub/x": "wide",
        "a.localhost/other": "all",
        "s.localhost:8700/": "exact",
    }
    assert {url: await answer(local, url) for url in table} == table


async def test_a_route_needs_a_proxied_record_of_its_host(local: Local) -> None:
    await named(local, "edge")
    await routed(local, {"www.localhost/*": "edge"})
    assert await answer(local, "www.localhost/") == "530"
    known = await record(local, "www", proxied=False)
    assert known["name"] == "www.localhost"
    assert await answer(local, "www.localhost/") == "530"
    await local.result("PATCH", f"/Z/dns_records/{known['id']}", {"proxied": True})
    assert await answer(local, "www.localhost/") == "edge"
    await local.result("DELETE", f"/Z/dns_records/{known['id']}")
    assert await answer(local, "www.localhost/") == "530"


async def test_a_change_of_a_route_is_served_when_it_is_acknowledged(local: Local) -> None:
    await named(local, "one", "two")
    await record(local, "www")
    route = await local.result("POST", "/Z/workers/routes", {"pattern": "www.localhost/*", "script": "one"})
    assert await answer(local, "www.localhost/") == "one"
    await local.result(
        "PUT", f"/Z/workers/routes/{route['id']}", {"pattern": "www.localhost/*", "script": "two"}
    )
    assert await answer(local, "www.localhost/") == "two"
    await local.result("DELETE", f"/Z/workers/routes/{route['id']}")
    assert await answer(local, "www.localhost/") == "522"


async def test_deleting_a_worker_takes_its_routes_and_domains_along(local: Local) -> None:
    await named(local, "edge")
    await local.domain()
    await routed(local, {"localhost/api/*": "edge"})
    await local.result("DELETE", "/A/workers/workers/edge")
    assert await local.result("GET", "/Z/workers/routes") == []
    assert await local.result("GET", "/A/workers/domains") == []
    assert await answer(local, "localhost/api/x") == "530"


@pytest.mark.parametrize(
    ("pattern", "code"),
    [
        ("localhost/a*b", 10022),
        ("loc*alhost/", 10022),
        ("localhost/*?x=1", 10022),
        ("ftp://localhost/*", 10022),
        ("example.com/*", 100112),
        ("notlocalhost/*", 100112),
    ],
)
async def test_a_malformed_pattern_is_refused(local: Local, pattern: str, code: int) -> None:
    assert await local.refused("POST", "/Z/workers/routes", {"pattern": pattern}) == (400, code)
