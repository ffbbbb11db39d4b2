"""Requests whose end is told in two ways, and headers that would take others off."""

import time

import pytest

from services.common.signature import is_valid
from tests.security.conftest import Door

SMUGGLED = "GET /api/workspaces/smuggled/statistics HTTP/1.1\r\nhost: x\r\n\r\n"
LAST = "GET /api/me HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n"
CHUNKED = f"0\r\n\r\n{SMUGGLED}"
AMBIGUOUS = {
    "two lengths": (["content-length: 0", f"content-length: {len(SMUGGLED)}"], SMUGGLED),
    "a list of lengths": ([f"content-length: 0, {len(SMUGGLED)}"], SMUGGLED),
    "a length with a sign": ([f"content-length: +{len(SMUGGLED)}"], SMUGGLED),
    "a negative length": (["content-length: -1"], SMUGGLED),
    "a length in hexadecimal": (["content-length: 0x0"], SMUGGLED),
    "a length and chunks": ([f"content-length: {len(CHUNKED)}", "transfer-encoding: chunked"], CHUNKED),
    "chunks and a length": (["transfer-encoding: chunked", "content-length: 3"], CHUNKED),
    "two codings": (["transfer-encoding: chunked", "transfer-encoding: identity"], CHUNKED),
    "an unknown coding": (["transfer-encoding: xchunked", f"content-length: {len(CHUNKED)}"], CHUNKED),
    "a space before the colon": (["transfer-encoding : chunked", f"content-length: {len(CHUNKED)}"], CHUNKED),
    "a folded line": (["transfer-encoding:\r\n chunked", f"content-length: {len(CHUNKED)}"], CHUNKED),
    "a lone line feed": ([f"x: y\ntransfer-encoding: chunked\ncontent-length: {len(CHUNKED)}"], CHUNKED),
}


def signed_for_itself(door: Door) -> list[bool]:
    """Of each request that reached the api: whether the door meant it as it stands there."""
    return [
        is_valid(
            [door.keys.edge],
            time.time(),
            header=asked.headers.get("shoreline-edge"),
            method=asked.method,
            target=asked.path,
            identity=asked.headers.get("shoreline-identity", ""),
        )
        for asked in door.gate.passed
    ]


@pytest.mark.parametrize("case", AMBIGUOUS)
def test_one_request_is_not_taken_for_two(door: Door, case: str) -> None:
    lines, body = AMBIGUOUS[case]
    head = ["POST /api/sign-in HTTP/1.1", "host: x", "content-type: application/json", *lines, "", ""]
    with door.gate.counted() as passed:
        answered = door.send("\r\n".join(head) + body + LAST)
    # A door that goes on reading answers by itself: there is no session, so the api never sees it.
    assert [asked.path for asked in passed if asked.path != "/api/sign-in"] == []
    assert len(passed) <= 1 and all(signed_for_itself(door))
    assert not [asked for asked in passed if {"content-length", "transfer-encoding"} <= asked.headers.keys()]
    assert b"HTTP/1.1 2" not in answered


NAMED = "shoreline-edge, shoreline-identity, shoreline-release, x-request-id, host, cookie, content-type"


def test_no_header_is_taken_off_by_naming_it_in_connection(door: Door) -> None:
    token = door.token("ada", ws={"harbour": "viewer"})
    with door.client(token) as client, door.gate.counted() as passed:
        answer = client.get("/api/workspaces/harbour/statistics", headers={"connection": f"close, {NAMED}"})
    assert answer.status_code == 200
    assert len(passed) == 1 and signed_for_itself(door) == [True]
    assert passed[0].headers["x-request-id"] == answer.headers["x-request-id"]
