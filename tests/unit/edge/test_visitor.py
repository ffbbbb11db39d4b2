"""The cookie that keeps a visitor with one version: set with a page, of the key that the rule made."""

import uuid

import httpx
import pytest

KEY = "cloudflare-workers-version-key"
NAVIGATES = {"sec-fetch-mode": "navigate"}


def cookies(client: httpx.Client, path: str, **headers: str) -> list[str]:
    """What is set, by somebody who keeps no cookies."""
    answer = httpx.get(client.base_url.join(path), headers=headers, trust_env=False)
    return answer.headers.get_list("set-cookie")


@pytest.mark.parametrize("path", ["/", "/notes/x"])
def test_a_page_sets_the_key_of_its_own_version(client: httpx.Client, path: str) -> None:
    key = str(uuid.uuid4())
    flags = "Path=/; Max-Age=31536000; HttpOnly; SameSite=Lax"
    assert cookies(client, path, **{KEY: key}) == [f"visitor={key}; {flags}"]


def test_without_a_rule_it_is_a_key_of_the_workers(client: httpx.Client) -> None:
    (first,), (second,) = cookies(client, "/"), cookies(client, "/")
    assert first != second
    assert uuid.UUID(first.removeprefix("visitor=").partition(";")[0]).version == 4


def test_whoever_has_it_keeps_it(client: httpx.Client) -> None:
    assert cookies(client, "/", cookie="a=b; visitor=any") == []
    assert cookies(client, "/", cookie="visitor=; a=b") != []


def test_an_address_goes_into_no_cookie(client: httpx.Client) -> None:
    assert cookies(client, "/", **{KEY: "203.0.113.9"}) == []


def test_only_a_page_sets_it_even_one_that_is_kept(client: httpx.Client) -> None:
    for path in ("/assets/app.js", "/api/notes?limit=1", "/api/nothing"):
        assert cookies(client, path) == []
    tag = httpx.get(client.base_url, trust_env=False).headers["etag"]
    assert len(cookies(client, "/", **{"if-none-match": tag}, **NAVIGATES)) == 1
