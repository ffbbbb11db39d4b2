"""The Worker's router on its own, with more routes than the application has."""

from pathlib import Path
from typing import Any

import pytest

from tests.support import node

CASES = Path(__file__).with_name("router_cases.mjs")


@pytest.fixture(scope="module")
def script(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return node.bundled(CASES, tmp_path_factory.mktemp("router"))


def match(script: Path, routes: list[str], paths: list[str]) -> list[dict[str, Any] | None]:
    declared = [dict(zip(("method", "path"), route.split(" "), strict=True)) for route in routes]
    found: list[dict[str, Any] | None] = node.run(script, {"routes": declared, "paths": paths})
    return found


ROUTES = [
    "GET /a",
    "POST /a",
    "GET /a/{id}",
    "GET /a/new",
    "GET /a/{id}/b",
    "GET /a/new/c",
    "GET /{any}/{other}/d",
    "DELETE /x/{one}/{two}",
]


@pytest.mark.parametrize(
    ("path", "pattern", "values"),
    [
        ("/a", "/a", {}),
        ("/a/1", "/a/{id}", {"id": "1"}),
        ("/a/new", "/a/new", {}),
        ("/a/new/c", "/a/new/c", {}),
        # Literal text leads nowhere here: the parameter has its turn.
        ("/a/new/b", "/a/{id}/b", {"id": "new"}),
        ("/a/new/d", "/{any}/{other}/d", {"any": "a", "other": "new"}),
        ("/x/1/d", "/x/{one}/{two}", {"one": "1", "two": "d"}),
        ("/x/%7Bone%7D/a%2Fb", "/x/{one}/{two}", {"one": "{one}", "two": "a/b"}),
        ("/x/%25/%E2%82%AC", "/x/{one}/{two}", {"one": "%", "two": "€"}),
    ],
)
def test_the_most_literal_pattern_wins(script: Path, path: str, pattern: str, values: dict[str, str]) -> None:
    (found,) = match(script, ROUTES, [path])
    assert found is not None
    assert (found["path"], found["values"]) == (pattern, values)


def test_what_no_pattern_fits_is_not_found(script: Path) -> None:
    paths = [
        "/",
        "/b",
        "/a/",
        "/a//b",
        "/a/1/x",
        "/A",
        "//a",
        "/x/1",
        "/constructor",
        "/__proto__",
        "/a/{id}/x",
    ]
    assert match(script, ROUTES, paths) == [None] * len(paths)


def test_the_methods_of_a_path_are_told_together(script: Path) -> None:
    (a, x) = match(script, ROUTES, ["/a", "/x/1/2"])
    assert a is not None
    assert x is not None
    assert (a["allow"], x["allow"]) == ("GET, HEAD, OPTIONS, POST", "DELETE, OPTIONS")


@pytest.mark.parametrize("second", ["GET /a/{id}", "GET /a/{name}"])
def test_two_routes_for_the_same_requests_are_refused(script: Path, second: str) -> None:
    with pytest.raises(RuntimeError, match=r"two routes answer GET /a/\{\w+\}"):
        match(script, ["GET /a/{id}", second], [])


def test_a_thousand_routes_are_all_found(script: Path) -> None:
    routes = [f"GET /api/r{number}/{{id}}/s{number}" for number in range(1000)]
    found = match(script, routes, [f"/api/r{number}/7/s{number}" for number in range(1000)])
    assert [entry and entry["path"] for entry in found] == [route.split(" ")[1] for route in routes]
