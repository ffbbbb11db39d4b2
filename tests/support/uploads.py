"""Uploads as a client of tus makes them, by hand, so that each header can be wrong."""

import base64
import hashlib
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import httpx

from services.common.identity import Identity
from tests.support.services import FrontDoor

TUS = {"tus-resumable": "1.0.0"}


def metadata(**values: str) -> dict[str, str]:
    pairs = (f"{key} {base64.b64encode(value.encode()).decode()}" for key, value in values.items())
    return {"upload-metadata": ",".join(pairs)}


def checksum(content: bytes) -> dict[str, str]:
    return {"upload-checksum": f"sha256 {base64.b64encode(hashlib.sha256(content).digest()).decode()}"}


@dataclass(frozen=True)
class Uploads:
    """Those of one person to one workspace."""

    door: FrontDoor
    who: Identity
    workspace: str

    def create(self, size: int, name: str = "a.bin", note: str | None = None) -> httpx.Response:
        about = {"filename": name} | ({} if note is None else {"note": note})
        headers = {**TUS, "upload-length": str(size), **metadata(**about)}
        return self.door.ask("POST", f"/api/workspaces/{self.workspace}/uploads", self.who, headers=headers)

    def append(
        self, location: str, offset: int, content: bytes | Iterable[bytes], **headers: str
    ) -> httpx.Response:
        headers = {
            **TUS,
            "content-type": "application/offset+octet-stream",
            "upload-offset": str(offset),
            **{name.replace("_", "-"): value for name, value in headers.items()},
        }
        return self.door.ask("PATCH", location, self.who, headers=headers, content=content)

    def offset(self, location: str) -> int:
        return int(self.door.ask("HEAD", location, self.who, headers=TUS).headers["upload-offset"])

    def send(self, content: bytes, name: str = "a.bin", note: str | None = None) -> str:
        """A whole file; gives the path at which it is."""
        location = self.create(len(content), name, note).headers["location"]
        assert self.append(location, 0, content).status_code == 204
        return location.replace("/uploads/", "/files/")

    def get(self, path: str, method: str = "GET", **headers: Any) -> httpx.Response:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.door.ask(method, path, self.who, headers=named)


def some_bytes(size: int) -> bytes:
    return secrets.token_bytes(size)
