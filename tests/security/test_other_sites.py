"""Unsafe requests that another site's page has a browser send, cookie and all: every route that there is."""

import json
import re

import pytest

from infra.paths import SERVICES
from services.common.manifest import Manifest
from tests.security.conftest import ORIGIN, Door
from tests.support.problem import check_problem

MANIFEST = Manifest.load(SERVICES / "contract" / "manifest.json")
UNSAFE = [
    (route.method, re.sub(r"\{\w+\}", "x", route.path))
    for route in MANIFEST.routes
    if route.method not in ("GET", "HEAD", "OPTIONS") and route.run.kind != "asset"
]
OTHERS = ["https://evil.example", "null", f"{ORIGIN}.evil.example", f"{ORIGIN}:8443", "https://localhost"]


@pytest.mark.parametrize("origin", OTHERS)
def test_no_unsafe_request_of_another_site_is_taken(door: Door, origin: str) -> None:
    assert len(UNSAFE) > 10
    headers = {"origin": origin, "content-type": "application/json"}
    with door.client(door.token()) as client, door.gate.counted() as passed:
        for method, path in UNSAFE:
            answer = client.request(method, path, headers=headers, content=json.dumps({}))
            assert answer.status_code == 403, (method, path)
            assert check_problem(answer, 403)["detail"] == "Requests from other sites are not allowed."
    assert passed == []
