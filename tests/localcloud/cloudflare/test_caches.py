"""The Cache API of the local Cloudflare: one cache for each data centre."""

import time
from typing import TYPE_CHECKING, Any

import anyio
import pytest

from tests.localcloud.cloudflare.local import Local

if TYPE_CHECKING:
    import httpx

CODE = """
let requests = 0;
export default {
  async fetch(request) {
    const { pathname, searchParams } = new URL(request.url);
    const cache = searchParams.has("cache") ? await caches.open(searchParams.get("cache")) : caches.default;
    const key = "https://cache.invalid/" + searchParams.get("key");
    const headers = JSON.parse(searchParams.get("headers") ?? "{}");
    try {
      switch (pathname) {
        case "/match": {
          const found = await cache.match(new Request(key, { headers }));
          const body = found && await found.text();
          return Response.json(found ? { status: found.status, body, headers: [...found.headers] } : null);
        }
        case "/put": {
          const status = Number(searchParams.get("status") ?? 200);
          const method = searchParams.get("method") ?? "GET";
          await cache.put(new Request(key, { method }), new Response("kept", { status, headers }));
          return Response.json("put");
        }
        case "/delete":
          return Response.json(await cache.delete(key));
        default:
          return Response.json({
            colo: request.cf.colo,
            requests: ++requests,
            ray: request.headers.get("cf-ray"),
            asked: request.headers.get("shoreline-local-colo"),
          });
      }
    } catch (error) {
      return Response.json({ error: error.message });
    }
  },
};
"""


async def ask(local: Local, path: str, colo: str | None = None, **params: str) -> Any:
    headers = {"host": "localhost:8700"} | ({} if colo is None else {"shoreline-local-colo": colo})
    answer: httpx.Response = await local.visitor.get(path, params=params, headers=headers)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_an_answer_is_kept_in_its_data_centre_until_it_is_deleted(local: Local) -> None:
    await local.live(CODE)
    assert await ask(local, "/match", key="a") is None
    headers = '{"cache-control": "max-age=60", "etag": "\\"1\\"", "x-own": "y"}'
    assert await ask(local, "/put", key="a", headers=headers) == "put"
    found = await ask(local, "/match", key="a")
    assert (found["status"], found["body"]) == (200, "kept")
    assert {"x-own": "y", "etag": '"1"', "cf-cache-status": "HIT", "age": "0"}.items() <= dict(
        found["headers"]
    ).items()
    assert (await ask(local, "/match", key="a", headers='{"if-none-match": "\\"1\\""}'))["status"] == 304
    assert await ask(local, "/match", "SIN", key="a") is None
    assert await ask(local, "/match", key="a", cache="mine") is None
    assert await ask(local, "/delete", "SIN", key="a") is False
    assert await ask(local, "/delete", key="a") is True
    assert await ask(local, "/match", key="a") is None


async def test_an_answer_is_forgotten_when_its_time_is_over(local: Local) -> None:
    await local.live(CODE)
    await ask(local, "/put", key="a", headers='{"cache-control": "public, max-age=1"}')
    deadline = time.monotonic() + 10
    while await ask(local, "/match", key="a") is not None:
        assert time.monotonic() < deadline
        await anyio.sleep(0.1)


@pytest.mark.parametrize(
    "headers",
    [
        '{"cache-control": "no-store"}',
        '{"cache-control": "private, max-age=60"}',
        '{"cache-control": "max-age=0"}',
        '{"set-cookie": "a=b"}',
    ],
)
async def test_what_may_not_be_kept_is_not(local: Local, headers: str) -> None:
    await local.live(CODE)
    assert await ask(local, "/put", key="a", headers=headers) == "put"
    assert await ask(local, "/match", key="a") is None


async def test_what_the_platform_refuses_is_refused(local: Local) -> None:
    await local.live(CODE)
    for params, message in (
        ({"method": "POST"}, "Cannot cache response to non-GET request."),
        ({"status": "206"}, "Cannot cache response to a range request (206 Partial Content)."),
        ({"headers": '{"vary": "*"}'}, "Cannot cache response with 'Vary: *' header."),
    ):
        assert await ask(local, "/put", key="a", **params) == {"error": message}
    assert await ask(local, "/match", key="a", headers='{"range": "bytes=0-1"}') == {
        "error": "The local cloud's cache answers no Range requests."
    }


async def test_isolates_are_of_one_data_centre(local: Local) -> None:
    await local.live(CODE)
    assert (await ask(local, "/"))["requests"] == 1
    second = await ask(local, "/")
    assert (second["colo"], second["requests"], second["asked"]) == ("LOCAL", 2, None)
    elsewhere = await ask(local, "/", "AMS")
    assert (elsewhere["colo"], elsewhere["requests"]) == ("AMS", 1)
    assert elsewhere["ray"].endswith("-AMS")
    assert (await ask(local, "/", "nowhere"))["colo"] == "LOCAL"
