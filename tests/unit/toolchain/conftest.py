"""A clone and a cache of their own for every toolchain test, and a release host on this machine."""

import hashlib
import io
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

from infra.paths import ROOT
from infra.toolchain.progress import Progress
from infra.toolchain.release import PROGRAMS, archive_name
from infra.toolchain.setup import Setup
from infra.toolchain.versions import PULUMI


class Transcript(io.StringIO):
    """Collects what a user would see on stderr."""


@pytest.fixture
def transcript() -> Transcript:
    return Transcript()


@pytest.fixture
def setup(tmp_path: Path, transcript: Transcript) -> Setup:
    """A clone with this project's toolchain folder, an empty cache and a short PATH."""
    root = tmp_path / "a clone"
    (root / "infra").mkdir(parents=True)
    (root / "infra" / "toolchain").symlink_to(ROOT / "infra" / "toolchain")
    environ = {"PATH": f"{tmp_path / 'path'}:/usr/bin:/bin", "HOME": str(tmp_path / "home")}
    (tmp_path / "path").mkdir()
    return Setup(root=root, cache=tmp_path / "cache", environ=environ, progress=Progress(transcript))


def program(folder: Path, name: str, says: str) -> Path:
    """Write an executable that prints `says`."""
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / name
    file.write_text(f"#!/bin/sh\necho {says}\n")
    file.chmod(0o755)
    return file


def engine_folder(folder: Path, version: str = PULUMI) -> Path:
    """Write programs that pass for the engine of a version."""
    for name in PROGRAMS:
        program(folder, name, f"v{version}")
    return folder


@dataclass
class ReleaseHost:
    """A release host that serves `files` and counts the requests for each."""

    files: dict[str, bytes] = field(default_factory=dict)
    requests: list[str] = field(default_factory=list)
    url: str = ""

    def publish(self, archive: bytes, *, checksum: str | None = None) -> None:
        """Publish an archive for this machine with its checksum, or another one."""
        name = archive_name(PULUMI)
        told = checksum or hashlib.sha256(archive).hexdigest()
        self.files[f"/{name}"] = archive
        self.files[f"/pulumi-{PULUMI}-checksums.txt"] = f"{'0' * 64}  other.tar.gz\n{told}  {name}\n".encode()


def release_archive(version: str = PULUMI, extra: str | None = None) -> bytes:
    """An archive laid out as Pulumi's are, with one more entry if asked for."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as tar:
        for name in [*(f"pulumi/{name}" for name in PROGRAMS), *([extra] if extra else [])]:
            content = f"#!/bin/sh\necho v{version}\n".encode()
            entry = tarfile.TarInfo(name)
            entry.size, entry.mode = len(content), 0o755
            tar.addfile(entry, io.BytesIO(content))
    return buffer.getvalue()


@pytest.fixture
def release_host() -> Iterator[ReleaseHost]:
    host = ReleaseHost()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            host.requests.append(self.path)
            content = host.files.get(self.path)
            self.send_response(404 if content is None else 200)
            self.send_header("Content-Length", str(len(content or b"")))
            self.end_headers()
            self.wfile.write(content or b"")

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
            """Keep the test's output clean."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    host.url = f"http://127.0.0.1:{server.server_address[1]}"
    yield host
    server.shutdown()
    thread.join()
    server.server_close()
