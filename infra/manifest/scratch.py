"""A libsql-server for measuring: on a free loopback port, in a temporary folder, gone afterwards."""

import os
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import httpx

from infra.errors import UserError
from infra.localcloud.process import die_with
from infra.localcloud.turso.engine import binary, free_address
from infra.paths import SCHEMA
from infra.providers.hrana import Hrana
from infra.providers.turso.migrations import apply
from infra.providers.turso.schema import read_schema

DEADLINE_SECONDS = 20.0


@contextmanager
def database(schema: Path = SCHEMA) -> Iterator[Hrana]:
    """An empty database with the schema. It asks for no token: it holds nothing but what is in the clone."""
    with TemporaryDirectory(prefix="shoreline-measure-") as folder:
        address = free_address()
        log = Path(folder) / "log"
        with log.open("wb") as output:
            server = subprocess.Popen(
                [
                    str(binary()),
                    *("--db-path", str(Path(folder) / "data")),
                    *("--http-listen-addr", str(address)),
                    "--no-welcome",
                ],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                preexec_fn=die_with(os.getpid()),  # noqa: PLW1509 - all it needs is looked up before the fork
            )
        try:
            _await(server, address.url, log)
            with Hrana("localhost", "none", address.url) as found:
                apply(found, read_schema(schema, "services/schema"), "services/schema")
                yield found
        finally:
            server.kill()
            server.wait()


def _await(server: subprocess.Popen[bytes], url: str, log: Path) -> None:
    deadline = time.monotonic() + DEADLINE_SECONDS
    with httpx.Client(trust_env=False) as client:
        while time.monotonic() < deadline and server.poll() is None:
            try:
                if client.get(f"{url}/health").is_success:
                    return
            except httpx.TransportError:
                time.sleep(0.02)
    end = log.read_text("utf-8", errors="replace")[-1000:]
    raise UserError("libsql-server", f"did not start:\n{end}", "Run the same command again")
