"""Static assets as the platform serves them (Workers static assets docs, 2026-11-23)."""

import base64
from typing import Any

import httpx
import pytest

from tests.localcloud.cloudflare.local import Local, digest, version

FILES = {
    "/index.html": b"root",
    "/about.html": b"about",
    "/docs/index.html": b"docs",
    "/404.html": b"none here",
    "/app.css": b"body{}",
    "/ein bild.svg": b"<svg/>",
    "/blob": b"\x00\x01",
}
LONG = 1000
WORKER = """export default { async fetch(request, env) {
  const { pathname, search } = new URL(request.url);
  if (pathname === "/long") {
    const headers = { "content-type": search === "?image" ? "image/png" : "text/plain", etag: '"1"' };
    if (search === "?no-transform") headers["cache-control"] = "private, no-transform";
    return new Response("x".repeat(1000), { status: search === "?500" ? 500 : 200, headers });
  }
  if (!pathname.startsWith("/via")) return new Response("worker");
  return env.ASSETS.fetch(new URL(pathname.slice(4), request.url)) } }"""


async def live(local: Local, config: dict[str, Any], rules: dict[str, str] | None = None) -> None:
    worker = await local.worker()
    assets = {"jwt": await local.upload("edge", FILES), "config": config}
    body = version(WORKER, assets=assets, bindings=[{"name": "ASSETS", "type": "assets"}])
    for name, text in (rules or {}).items():
        encoded = base64.b64encode(text.encode()).decode()
        body["modules"].append({"name": name, "content_type": "text/plain", "content_base64": encoded})
    await local.deploy(
        "edge", (await local.result("POST", f"/A/workers/workers/{worker}/versions", body))["id"]
    )
    await local.domain()


def shown(response: httpx.Response) -> str:
    target = response.headers.get("location")
    return f"{response.status_code} {target or response.text}"


TABLES: dict[str, dict[str, str]] = {
    "auto-trailing-slash": {
        "/": "200 root",
        "/index.html": "307 /",
        "/index": "307 /",
        "/about": "200 about",
        "/about.html": "307 /about",
        "/about/?q=1": "307 /about?q=1",
        "/docs": "307 /docs/",
        "/docs/": "200 docs",
        "/docs.html": "307 /docs/",
        "/docs/index.html": "307 /docs/",
        "/blob": "200 \x00\x01",
    },
    "force-trailing-slash": {"/about": "307 /about/", "/about/": "200 about", "/docs/index": "307 /docs/"},
    "drop-trailing-slash": {
        "/about/": "307 /about",
        "/docs/": "307 /docs",
        "/docs": "200 docs",
        "/": "200 root",
    },
    "none": {
        "/about.html": "200 about",
        "/about": "200 worker",
        "/index.html": "200 root",
        "/": "200 worker",
    },
}


@pytest.mark.parametrize("handling", TABLES)
async def test_html_handling(local: Local, handling: str) -> None:
    await live(local, {"html_handling": handling})
    table = TABLES[handling]
    assert {path: shown(await local.visitor.get(path)) for path in table} == table


async def test_types_tags_and_methods(local: Local) -> None:
    await live(local, {})
    css = await local.visitor.get("/app.css")
    assert css.headers["content-type"] == "text/css; charset=utf-8"
    assert css.headers["etag"] == f'"{digest(b"body{}")}"'
    assert css.headers["cache-control"] == "public, max-age=0, must-revalidate"
    held = await local.visitor.get("/app.css", headers={"if-none-match": f"W/{css.headers['etag']}"})
    assert (held.status_code, held.content) == (304, b"")
    head = await local.visitor.head("/app.css")
    assert (head.status_code, head.headers["content-length"], head.content) == (200, "6", b"")
    assert (await local.visitor.post("/app.css")).status_code == 405
    assert (await local.visitor.get("/ein%20bild.svg")).headers["content-type"] == "image/svg+xml"


@pytest.mark.parametrize(
    ("config", "table"),
    [
        ({}, {"/app.css": "200 body{}", "/api/x": "200 worker", "/nope": "200 worker"}),
        (
            {"run_worker_first": True},
            {"/app.css": "200 worker", "/via/app.css": "200 body{}", "/via/nope": "404 "},
        ),
        (
            {"run_worker_first": ["/api/*", "!/api/docs", "/app.css"]},
            {"/app.css": "200 worker", "/api/x": "200 worker", "/api/docs": "404 ", "/about": "200 about"},
        ),
        (
            {"run_worker_first": True, "not_found_handling": "404-page"},
            {"/via/docs/x": "404 none here", "/via/about": "200 about"},
        ),
        (
            {"run_worker_first": True, "not_found_handling": "single-page-application"},
            {"/via/deep/link": "200 root", "/via/app.css": "200 body{}"},
        ),
    ],
)
async def test_who_answers(local: Local, config: dict[str, Any], table: dict[str, str]) -> None:
    await live(local, config)
    assert {path: shown(await local.visitor.get(path)) for path in table} == table


async def test_a_navigation_gets_the_single_page_and_a_fetch_the_worker(local: Local) -> None:
    await live(local, {"not_found_handling": "single-page-application"})
    navigation = await local.visitor.get("/deep/link", headers={"sec-fetch-mode": "navigate"})
    assert (navigation.text, (await local.visitor.get("/deep/link")).text) == ("root", "worker")


async def test_headers_and_redirects_files(local: Local) -> None:
    rules = {
        "_headers": "/*\n  X-All: yes\n/app.css\n  X-All: css\n  ! ETag\n",
        "_redirects": "/old /about 301\n/blog/* /docs/:splat\n/me/:name /about 200\n",
    }
    await live(local, {}, rules)
    css = await local.visitor.get("/app.css")
    assert (css.headers["x-all"], "etag" in css.headers) == ("yes, css", False)
    table = {
        "/old": "301 /about",
        "/blog/": "302 /docs/",
        "/blog/a?b=1": "302 /docs/a?b=1",
        "/me/x": "200 about",
    }
    assert {path: shown(await local.visitor.get(path)) for path in table} == table


async def test_assets_without_a_worker(local: Local) -> None:
    worker = await local.worker()
    body = {
        "assets": {"jwt": await local.upload("edge", FILES), "config": {"not_found_handling": "404-page"}}
    }
    made = await local.result("POST", f"/A/workers/workers/{worker}/versions", body)
    await local.deploy("edge", made["id"])
    await local.domain()
    assert shown(await local.visitor.get("/about")) == "200 about"
    assert shown(await local.visitor.get("/x/y")) == "404 none here"


async def test_files_already_there_are_not_asked_for_again(local: Local) -> None:
    await live(local, {})
    manifest = {path: {"hash": digest(content), "size": len(content)} for path, content in FILES.items()}
    again = await local.result(
        "POST", "/A/workers/scripts/edge/assets-upload-session", {"manifest": manifest}
    )
    assert again["buckets"] == []
    made = await local.version("edge", WORKER, assets={"jwt": again["jwt"]})
    await local.deploy("edge", made)
    assert (await local.visitor.get("/about")).text == "about"


@pytest.mark.parametrize(
    ("accepted", "coding"),
    [("gzip", "gzip"), ("gzip, br", "br"), ("br;q=0, gzip", "gzip"), ("deflate", None), ("", None)],
)
async def test_text_is_compressed_for_who_takes_it(local: Local, accepted: str, coding: str | None) -> None:
    await live(local, {})
    async with local.visitor.stream("GET", "/long", headers={"accept-encoding": accepted}) as answer:
        raw = b"".join([part async for part in answer.aiter_raw()])
    assert answer.headers.get("content-encoding") == coding
    assert (len(raw) < LONG) == (coding is not None)
    assert answer.headers["etag"] == ('W/"1"' if coding else '"1"')


@pytest.mark.parametrize("path", ["/long?no-transform", "/long?image", "/long?500", "/app.css"])
async def test_what_the_platform_leaves_alone_is_not_compressed(local: Local, path: str) -> None:
    await live(local, {})
    answer = await local.visitor.get(path, headers={"accept-encoding": "gzip"})
    assert "content-encoding" not in answer.headers
