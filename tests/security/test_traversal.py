"""Paths and names of files that would lead out of where they belong."""

import time

import pytest

from services.common.identity import Identity
from services.common.ids import new_id
from tests.security.conftest import Door
from tests.support.services import FrontDoor
from tests.support.uploads import Uploads

FILES = "/api/workspaces/harbour/servers/vps-1/files"
PATHS = [
    "/../../../../etc/passwd",
    "/%2e%2e/%2e%2e/%2e%2e/etc/passwd",
    "/..%2f..%2f..%2fetc%2fpasswd",
    "/..%5c..%5cetc%5cpasswd",
    "/assets/../../services/settings.py",
    "/assets/..%2f..%2fservices%2fsettings.py",
    "/assets/....//....//etc/passwd",
    "//etc/passwd",
    "/etc/passwd%00.js",
    "/%252e%252e/%252e%252e/etc/passwd",
    f"{FILES}/..%2f..%2f..%2f..%2fetc%2fpasswd",
    f"{FILES}/../../../../../../../../etc/passwd",
    f"{FILES}/%2fetc%2fpasswd",
    "/api/workspaces/harbour/servers/..%2fvps-1/files/x",
    "/api/workspaces/harbour/servers/evil.example/files/x",
]


@pytest.mark.parametrize("path", PATHS)
def test_a_path_leads_nowhere_else(door: Door, path: str) -> None:
    cookie = f"session={door.token(ws={'harbour': 'owner'})}"
    answered = door.send(
        f"GET {path} HTTP/1.1\r\nhost: localhost\r\ncookie: {cookie}\r\nconnection: close\r\n\r\n"
    )
    assert answered.split(b" ")[1][:1] == b"4", answered[:300]
    assert b"root:" not in answered and b"pydantic" not in answered


@pytest.mark.parametrize(
    "name", ["../../escaped", "/etc/escaped", "..\\..\\escaped", 'a"; filename=x.html\r\nx: y']
)
def test_an_upload_is_stored_under_a_name_of_ours(doors: dict[str, Door], name: str) -> None:
    behind = doors["edge"].behind
    workspace = f"w-{time.monotonic_ns()}"
    who = Identity(user=new_id(), name="Ada", ws={workspace: "owner"})
    uploads = Uploads(FrontDoor(behind.api, behind.keys.edge), who, workspace)
    announced = uploads.create(3, name)
    if announced.status_code == 201:
        location = announced.headers["location"]
        assert uploads.append(location, 0, b"abc").status_code == 204
        answer = uploads.get(location.replace("/uploads/", "/files/"))
        assert answer.content == b"abc"
        assert not {"\r", "\n", "\\"} & set(answer.headers["content-disposition"])
        assert "x" not in answer.headers
    else:
        assert announced.status_code == 400
    assert [path for path in behind.folder.rglob("*escaped*") if "shoreline/files" not in str(path)] == []
