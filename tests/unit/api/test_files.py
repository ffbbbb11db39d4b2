"""Files over the api: sent in parts, resumed, checked, limited, handed out in ranges, really deleted."""

import asyncio
import hashlib
import os
import socket
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import httpx
import pytest
from starlette.types import Message

from services.api.files.receive import DRAIN_SECONDS, Body
from services.api.request import Request
from services.common.identity import Identity
from services.common.ids import new_id
from tests.support.full_disk import SmallDisk, small_disk
from tests.support.notes import insert_notes
from tests.support.problem import check_problem
from tests.support.process import until
from tests.support.services import FrontDoor, service
from tests.support.uploads import TUS, Uploads, checksum, metadata, some_bytes
from tests.unit.api.conftest import Api

MEGABYTE = 1024 * 1024
PNG = b"\x89PNG\r\n\x1a\n" + bytes(64)


@pytest.fixture
def uploads(api: Api) -> Uploads:
    """Of somebody in a workspace that no other test knows."""
    workspace = f"files-{new_id()[-12:]}"
    return Uploads(api.door, Identity(user=new_id(), name="Ada", ws={workspace: "editor"}), workspace)


def places(api: Api, path: str) -> list[Path]:
    """All that the disk has of a file."""
    return list((api.folder / "shoreline" / "files").rglob(f"*{path.rsplit('/', 1)[-1]}*"))


def test_a_file_comes_back_as_it_was_sent(api: Api, uploads: Uploads) -> None:
    content = some_bytes(3 * MEGABYTE + 17)
    path = uploads.send(content, "tide table.bin")
    response = uploads.get(path)
    assert response.content == content
    assert response.headers["etag"] == f'"{hashlib.sha256(content).hexdigest()}"'
    assert response.headers["content-type"] == "application/octet-stream"
    assert response.headers["content-disposition"] == "attachment; filename*=utf-8''tide%20table.bin"
    assert uploads.get(path, if_none_match=response.headers["etag"]).status_code == 304


@pytest.mark.parametrize(
    ("asked", "start", "end"),
    [
        ("bytes=0-0", 0, 1),
        ("bytes=10-", 10, 1000),
        ("bytes=-5", 995, 1000),
        ("bytes=990-5000", 990, 1000),
        ("bytes=0-1,99999-", 0, 2),
    ],
)
def test_a_range_of_it_is_handed_out(uploads: Uploads, asked: str, start: int, end: int) -> None:
    content = some_bytes(1000)
    response = uploads.get(uploads.send(content), range=asked)
    assert (response.status_code, response.content) == (206, content[start:end])
    assert response.headers["content-range"] == f"bytes {start}-{end - 1}/1000"


def test_a_range_beyond_its_end_is_refused_and_one_of_another_version_is_not_given(uploads: Uploads) -> None:
    content = some_bytes(1000)
    path = uploads.send(content)
    beyond = uploads.get(path, range="bytes=1000-")
    check_problem(beyond, 416)
    assert beyond.headers["content-range"] == "bytes */1000"
    assert uploads.get(path, range="bytes=0-1", if_range='"another"').content == content


def test_a_range_that_is_none_is_refused_and_one_in_other_units_ignored(uploads: Uploads) -> None:
    content = some_bytes(1000)
    path = uploads.send(content)
    for malformed in (
        "bytes",
        "bytes=",
        "bytes=a-b",
        "bytes=5-2",
        "bytes=--5",
        "bytes=+1-2",
        "bytes=1-,",
    ):
        check_problem(uploads.get(path, range=malformed), 400)
    whole = uploads.get(path, range="lines=1-2")
    assert (whole.status_code, whole.content) == (200, content)


def test_an_upload_goes_on_where_it_broke_off(api: Api, uploads: Uploads) -> None:
    content = some_bytes(2 * MEGABYTE)
    location = uploads.create(len(content)).headers["location"]
    _break_off(uploads, location, content[: MEGABYTE + 5])
    offset = until(lambda: uploads.offset(location) or None, "something has come")
    assert offset <= MEGABYTE + 5
    until(lambda: uploads.offset(location) == MEGABYTE + 5 or None, "all that was sent has come")
    assert uploads.append(location, MEGABYTE + 5, content[MEGABYTE + 5 :]).status_code == 204
    assert uploads.get(location.replace("uploads", "files")).content == content


def _break_off(uploads: Uploads, location: str, content: bytes) -> None:
    """Promises more than it sends, and goes away."""
    headers = uploads.door.headers("PATCH", location, uploads.who) | TUS
    headers |= {"content-type": "application/offset+octet-stream", "upload-offset": "0", "host": "x"}
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    with socket.create_connection(("127.0.0.1", uploads.door.service.port)) as connection:
        connection.sendall(
            f"PATCH {location} HTTP/1.1\r\n{lines}content-length: {2 * MEGABYTE}\r\n\r\n".encode()
        )
        connection.sendall(content)


def test_a_part_that_changed_on_the_way_is_not_kept(uploads: Uploads) -> None:
    content = some_bytes(1000)
    location = uploads.create(1000).headers["location"]
    response = uploads.append(location, 0, content[::-1], **checksum(content))
    check_problem(response, 460)
    assert uploads.offset(location) == 0
    assert uploads.append(location, 0, content, **checksum(content)).status_code == 204


def test_parts_come_in_their_order_and_not_beyond_the_end(uploads: Uploads) -> None:
    location = uploads.create(10).headers["location"]
    check_problem(uploads.append(location, 5, b"12345"), 409)
    check_problem(uploads.append(location, 0, b"12345678901"), 413)
    assert uploads.append(location, 0, b"12345").headers["upload-offset"] == "5"
    check_problem(uploads.append(location, 0, b"12345"), 409)


async def test_a_body_that_has_come_is_not_waited_for() -> None:
    messages = iter([{"type": "http.request", "body": b"all", "more_body": False}])

    async def receive() -> Message:
        return next(messages, None) or await asyncio.Future[Message]()

    body = Body(Request({"type": "http"}, receive))
    assert [block async for block in body.blocks()] == [b"all"]
    await asyncio.wait_for(body.drain(), DRAIN_SECONDS / 2)


def test_two_requests_do_not_write_one_file_at_once(uploads: Uploads) -> None:
    location = uploads.create(20).headers["location"]
    begun, done = threading.Event(), threading.Event()

    def slowly() -> Iterator[bytes]:
        yield b"1" * 10
        begun.set()
        done.wait(20)
        yield b"2" * 10

    with ThreadPoolExecutor() as pool:
        first = pool.submit(uploads.append, location, 0, slowly())
        begun.wait(20)
        # At another offset: one that comes before the first is refused as well, and changes nothing.
        refused = until(
            lambda: answer if (answer := uploads.append(location, 5, b"3")).status_code == 423 else None,
            "the second is refused",
        )
        check_problem(refused, 423)
        done.set()
        assert first.result().status_code == 204


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"tus-resumable": "0.2.0"}, 412),
        ({"upload-length": "-1"}, 400),
        ({"upload-length": "9" * 15}, 413),
        ({"upload-metadata": "filename ***"}, 400),
        ({"upload-metadata": ""}, 400),
        (metadata(filename="a", note=new_id()), 404),
    ],
)
def test_an_announcement_that_makes_no_sense_is_refused(
    uploads: Uploads, headers: dict[str, str], status: int
) -> None:
    headers = {**TUS, "upload-length": "5", **metadata(filename="a"), **headers}
    target = f"/api/workspaces/{uploads.workspace}/uploads"
    check_problem(uploads.door.ask("POST", target, uploads.who, headers=headers), status)


def test_a_workspace_holds_no_more_than_its_quota_however_many_ask_at_once(
    api: Api, uploads: Uploads
) -> None:
    with service("api", api.folder, {**api.variables, "FILES_QUOTA_BYTES": "1000"}) as process:
        limited = replace(uploads, door=FrontDoor(process, uploads.door.key))
        with ThreadPoolExecutor(8) as pool:
            statuses = list(pool.map(lambda _: limited.create(300).status_code, range(8)))
        assert sorted(statuses) == [201] * 3 + [413] * 5
        refused = limited.create(101)
    assert check_problem(refused, 413)["detail"] == "The workspace has 100 bytes left of 1000."


def test_what_is_deleted_is_gone(api: Api, uploads: Uploads) -> None:
    path = uploads.send(b"secret")
    assert len(places(api, path)) == 1
    assert uploads.get(path, "DELETE").status_code == 204
    check_problem(uploads.get(path), 404)
    check_problem(uploads.get(path, "DELETE"), 404)
    assert places(api, path) == []
    assert api.database.execute("select id from files where id = :id", {"id": path.rsplit("/")[-1]}) == []


def test_an_upload_that_nobody_wants_any_more_is_gone(api: Api, uploads: Uploads) -> None:
    location = uploads.create(10).headers["location"]
    uploads.append(location, 0, b"12345")
    assert uploads.door.ask("DELETE", location, uploads.who, headers=TUS).status_code == 204
    assert places(api, location) == []


def test_a_file_is_only_of_its_workspace_and_its_server(uploads: Uploads) -> None:
    path = uploads.send(b"ours")
    eve = replace(uploads, who=Identity(user="eve", name="Eve", ws={"elsewhere": "owner"}))
    check_problem(eve.get(path), 403)
    check_problem(eve.get(path.replace(uploads.workspace, "elsewhere")), 404)
    check_problem(uploads.get(path.replace("/vps-1/", "/vps-2/")), 404)
    viewer = replace(uploads, who=Identity(user="v", name="V", ws={uploads.workspace: "viewer"}))
    assert viewer.get(path).content == b"ours"
    check_problem(viewer.get(path, "DELETE"), 403)


def test_an_upload_is_continued_by_nobody_else(uploads: Uploads) -> None:
    location = uploads.create(5).headers["location"]
    other = replace(uploads, who=Identity(user="other", name="O", ws={uploads.workspace: "editor"}))
    check_problem(other.append(location, 0, b"12345"), 404)


@pytest.mark.parametrize(
    ("content", "kind", "shown"),
    [
        (PNG, "image/png", "inline"),
        (b"<html><script>alert(1)</script>", "text/plain; charset=utf-8", "attachment"),
        (
            b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>",
            "text/plain; charset=utf-8",
            "attachment",
        ),
        (b"MZ\x90\x00\x03", "application/octet-stream", "attachment"),
    ],
)
def test_what_a_file_is_shows_in_its_content(uploads: Uploads, content: bytes, kind: str, shown: str) -> None:
    response = uploads.get(uploads.send(content, "holiday.png"))
    assert response.headers["content-type"] == kind
    assert response.headers["content-disposition"].startswith(shown)
    assert response.headers["x-content-type-options"] == "nosniff"


def test_an_image_of_a_note_gets_a_preview_made(api: Api, uploads: Uploads) -> None:
    [note] = insert_notes(api.database, uploads.workspace, 1)
    file = uploads.send(PNG, "a.png", note.id).rsplit("/", 1)[-1]
    [[payload, server]] = api.database.execute(
        "select payload, server from jobs where kind = 'preview' and owner = :owner",
        {"owner": uploads.who.user},
    )
    assert (payload, server) == (f'{{"file":"{file}"}}', "vps-1")
    with api.cache.client() as redis:
        assert redis.xlen("streaq:shoreline:queues:high@vps-1") > 0


def test_a_full_disk_is_told_harms_nothing_and_goes_by_itself(
    api: Api, uploads: Uploads, tmp_path: Path
) -> None:
    variables = {**api.variables, "FILES_FOLDER": str(tmp_path / "disk"), "FILES_RESERVE_BYTES": "0"}
    with (
        small_disk(tmp_path / "disk", 8) as disk,
        service("api", api.folder, variables, within=disk.within) as process,
    ):
        small = replace(uploads, door=FrontDoor(process, uploads.door.key))
        before = small.send(some_bytes(MEGABYTE), "before.bin")
        kept = small.get(before).content
        content = some_bytes(4 * MEGABYTE)
        location = small.create(len(content)).headers["location"]
        with disk.filled():
            check_problem(small.create(100), 507)
        refused = _fill_while_it_comes(small, disk, location, content)
        assert "disk is full" in str(check_problem(refused, 507)["detail"])
        assert refused.headers["retry-after"]
        offset = small.offset(location)
        assert 0 < offset < len(content)
        assert small.append(location, offset, content[offset:]).status_code == 204
        assert small.get(location.replace("uploads", "files")).content == content
        assert small.get(before).content == kept


def _fill_while_it_comes(uploads: Uploads, disk: SmallDisk, location: str, content: bytes) -> httpx.Response:
    arriving = disk.seen / "incoming" / location[-2:] / location.rsplit("/", 1)[-1]
    filled = disk.filled()

    def body() -> Iterator[bytes]:
        yield content[:MEGABYTE]
        until(
            lambda: (arriving.exists() and arriving.stat().st_size >= MEGABYTE) or None, "the first has come"
        )
        filled.__enter__()
        yield content[MEGABYTE:]

    try:
        return uploads.append(location, 0, body())
    finally:
        filled.__exit__(None, None, None)
        os.sync()
