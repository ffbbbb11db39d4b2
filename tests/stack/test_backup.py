"""The drill on the whole stack: backed up, destroyed, made anew, restored."""

import base64
import contextlib
import shutil
import socket
from pathlib import Path

import httpx

from tests.support.clone import Clone
from tests.support.uploads import TUS, metadata

ADA = {"email": "ada@backup.example", "name": "Ada", "password": "correct horse battery"}
CONTENT = base64.b64encode(b"tide table") * 50_000


def sign_in(client: httpx.Client, path: str) -> int:
    known = ADA if path == "/api/sign-up" else {name: ADA[name] for name in ("email", "password")}
    return client.post(path, json=known).status_code


def assert_nothing_left(clone: Clone) -> None:
    """No process, port or state; the stack's settings can still be decrypted."""
    assert clone.processes() == []
    for port in clone.ports:
        with socket.socket() as connection:
            assert connection.connect_ex(("127.0.0.1", port)) != 0
    left = {path.name for path in (clone.folder / ".shoreline").glob("*")}
    assert not left & {"state", "cloud", "build"}
    assert "encryptionsalt" in clone.stack_file.read_text()


def test_what_was_destroyed_comes_back_from_a_backup(running: Clone, tmp_path: Path) -> None:
    with httpx.Client(base_url=running.url, timeout=20, headers={"origin": running.url}) as client:
        assert sign_in(client, "/api/sign-up") == 201
        client.post("/api/workspaces/harbour/join").raise_for_status()
        announced = {**TUS, "upload-length": str(len(CONTENT)), **metadata(filename="table.txt")}
        location = client.post("/api/workspaces/harbour/uploads", headers=announced).headers["location"]
        sent = {**TUS, "upload-offset": "0", "content-type": "application/offset+octet-stream"}
        assert client.patch(location, headers=sent, content=CONTENT).status_code == 204
        file = location.replace("/uploads/", "/files/")
    running.shoreline("backup")
    [folder] = (running.folder / "backups").iterdir()
    kept = shutil.move(folder, tmp_path / "kept")
    running.shoreline("destroy")
    assert_nothing_left(running)
    (running.folder / ".shoreline" / "state").mkdir(parents=True)
    running.shoreline("up")
    with httpx.Client(base_url=running.url, timeout=20, headers={"origin": running.url}) as client:
        assert sign_in(client, "/api/sign-in") == 401
        running.shoreline("restore", str(kept))
        signed = 0
        for _ in range(100):
            with contextlib.suppress(httpx.HTTPError):
                signed = sign_in(client, "/api/sign-in")
            if signed == 200:
                break
        assert signed == 200
        assert client.get(file).content == CONTENT
    assert running.shoreline("jobs") == "No job is dead.\n"
