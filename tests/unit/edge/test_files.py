"""Files through the edge: streamed both ways, by a client of tus, to the server that the path names."""

import io
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from tusclient.client import TusClient

from services.common.ids import new_id
from tests.support.services import Keys, environment, service
from tests.support.sessions import token
from tests.support.sqld import Sqld
from tests.support.uploads import TUS, metadata, some_bytes
from tests.support.valkey import Valkey
from tests.support.workerd import Redis, Server, Servers, edge
from tests.unit.edge.conftest import ProblemCheck

MEGABYTE = 1024 * 1024
WORKSPACE = "files-at-the-edge"


@pytest.fixture(scope="module")
def site(
    bundle: Path, database: Sqld, cache: Valkey, redis: Redis, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[httpx.Client]:
    """A signed-in editor before two servers, of which the second is down."""
    folder, keys = tmp_path_factory.mktemp("files"), Keys()
    cookie = f"session={token(keys.session, 'ada', ws={WORKSPACE: 'editor'})}"
    with (
        service("api", folder, environment(database, cache, keys, folder)) as api,
        edge(
            bundle,
            folder,
            database_port=database.port,
            token=database.token,
            servers=Servers([Server("vps-1", api.port), Server("vps-2", None)], keys),
            redis=redis,
        ) as worker,
        httpx.Client(base_url=worker.url, timeout=30, headers={"cookie": cookie}) as client,
    ):
        yield client


def announce(site: httpx.Client, size: int) -> str:
    """Until the server that is up has it: who asks decides which is asked first."""
    headers = {**TUS, "upload-length": str(size), **metadata(filename="a.bin")}
    response = site.post(f"/api/workspaces/{WORKSPACE}/uploads", headers=headers)
    assert response.status_code == 201, response.text
    return response.headers["location"]


def test_a_client_of_tus_sends_a_file_in_parts_and_it_comes_back_in_ranges(site: httpx.Client) -> None:
    content = some_bytes(5 * MEGABYTE + 3)
    client = TusClient(f"{site.base_url}/api/workspaces/{WORKSPACE}/uploads", headers=dict(site.headers))
    uploader = client.uploader(
        file_stream=io.BytesIO(content),
        chunk_size=2 * MEGABYTE,
        metadata={"filename": "a.bin"},
        upload_checksum=False,
    )
    uploader.upload_chunk()  # type: ignore[no-untyped-call] # tuspy
    resumed = client.uploader(
        file_stream=io.BytesIO(content), chunk_size=2 * MEGABYTE, url=uploader.url, metadata={}
    )
    assert resumed.offset == 2 * MEGABYTE
    resumed.upload()
    path = str(resumed.url).replace("/uploads/", "/files/")
    whole = site.get(path)
    assert whole.content == content
    assert whole.headers["x-served-by"] == "api"
    part = site.get(path, headers={"range": "bytes=1000000-1999999"})
    assert (part.status_code, part.content) == (206, content[1_000_000:2_000_000])
    assert site.get(path, headers={"if-none-match": whole.headers["etag"]}).status_code == 304


def test_an_upload_through_the_edge_is_refused_in_words(site: httpx.Client, problem: ProblemCheck) -> None:
    location = announce(site, 3 * MEGABYTE)
    headers = {**TUS, "content-type": "application/offset+octet-stream", "upload-offset": "7"}
    problem(site.patch(location, headers=headers, content=some_bytes(3 * MEGABYTE)), 409)


def test_a_server_that_is_down_is_told_and_no_other_is_asked(
    site: httpx.Client, problem: ProblemCheck
) -> None:
    path = f"/api/workspaces/{WORKSPACE}/servers/vps-2/files/{new_id()}"
    problem(site.get(path), 503)
    problem(site.get(path.replace("vps-2", "vps-1")), 404)


def test_a_server_that_the_stack_does_not_have_is_nowhere(site: httpx.Client, problem: ProblemCheck) -> None:
    problem(site.get(f"/api/workspaces/{WORKSPACE}/servers/vps-9/files/{new_id()}"), 404)
