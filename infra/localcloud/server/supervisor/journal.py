"""A unit's log: what its processes write, a line each with its time, secrets cut out."""

import asyncio
import os
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

from infra.localcloud import logs
from infra.localcloud.redact import redact

LONGEST_LINE = 48 * 1024
"""Longer ones are cut into several, as journald does (journald.conf(5), LineMax=, 252)."""
TRIM_BYTES = 1024 * 1024
DRAIN_SECONDS = 1.0
SECRET_NAME = re.compile(r"KEY|TOKEN|SECRET|PASSWORD|CREDENTIAL", re.IGNORECASE)
URL_PASSWORD = re.compile(r"://[^:/@\s]*:([^@/\s]+)@")
SHORTEST_SECRET = 6


class Journal:
    """`<data>/logs/<name>.log`. Give `hide` a unit's environment before its processes write."""

    def __init__(self, data: Path, name: str) -> None:
        self._data, self._name = data, name
        self._secrets: list[str] = []
        self._since_trim = 0

    def hide(self, environment: Mapping[str, str]) -> None:
        """Cut the values of variables named like secrets, and passwords of URLs, out of all lines."""
        found = {line for name, value in environment.items() for line in _secrets(name, value)}
        self._secrets = sorted(
            (each for each in found if len(each) >= SHORTEST_SECRET), key=len, reverse=True
        )

    def write(self, *lines: str) -> None:
        stamp = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3]
        text = "".join(f"{stamp}Z {self._clean(line)}\n" for line in lines).encode()
        with logs.log_file(self._data, self._name) as file:
            file.write(text)

    def tail(self, lines: int) -> str:
        return logs.tail(self._data, self._name, lines)

    def _clean(self, line: str) -> str:
        for secret in self._secrets:
            line = line.replace(secret, "[redacted]")
        return redact(line)


class Drain:
    """One pipe for the output of a unit's processes; ends when the last of them has closed it."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._task: asyncio.Task[None] | None = None
        self.descriptor = -1

    async def open(self) -> None:
        reading, self.descriptor = os.pipe()
        reader = asyncio.StreamReader()
        protocol = asyncio.StreamReaderProtocol(reader)
        await asyncio.get_running_loop().connect_read_pipe(lambda: protocol, os.fdopen(reading, "rb"))
        self._task = asyncio.create_task(self._read(reader))

    async def close(self) -> None:
        """Returns when all is written, or after a second if a process that left the unit holds the pipe."""
        if self.descriptor >= 0:
            os.close(self.descriptor)
            self.descriptor = -1
        if self._task is not None:
            await asyncio.wait([self._task], timeout=DRAIN_SECONDS)

    async def _read(self, reader: asyncio.StreamReader) -> None:
        rest = b""
        while chunk := await reader.read(65536):
            *lines, rest = (rest + chunk).split(b"\n")
            while len(rest) > LONGEST_LINE:
                lines.append(rest[:LONGEST_LINE])
                rest = rest[LONGEST_LINE:]
            if lines:
                self._journal.write(*(line.decode("utf-8", "replace").rstrip("\r") for line in lines))
        if rest:
            self._journal.write(rest.decode("utf-8", "replace"))


def _secrets(name: str, value: str) -> list[str]:
    if SECRET_NAME.search(name):
        return value.splitlines()
    return URL_PASSWORD.findall(value)
