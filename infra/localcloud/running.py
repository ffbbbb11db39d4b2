"""The running local cloud as its command sees it: who it is, what it runs, whether it is this code's."""

import hashlib
import http.client
import json
import sys
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Self

from infra.localcloud import orphans
from infra.localcloud.endpoints import Address, Endpoints
from infra.paths import ROOT

DAEMON = "daemon"
"""Name of the daemon's own record and log."""
MARKER = ".localcloud"
"""A data folder holds this file; nothing without it is ever written to or wiped."""


@dataclass(frozen=True)
class Running:
    """What the daemon leaves in `run/daemon.json` once everything is up; removed when it stops."""

    control: Address
    token: str
    fingerprint: str
    settings: Mapping[str, str]

    @classmethod
    def find(cls, data: Path) -> Self | None:
        """The daemon of a data folder, if it lives."""
        living = {entry.name for entry in orphans.recorded(data) if entry.process()}
        try:
            document = json.loads(_path(data).read_text())
        except FileNotFoundError:
            return None
        return cls(**{**document, "control": Address(**document["control"])}) if DAEMON in living else None

    def save(self, data: Path) -> None:
        orphans.write_private(_path(data), json.dumps(asdict(self)))

    def status(self) -> dict[str, Any]:
        """The daemon's own account of its vendors and processes. Raises OSError if it doesn't answer."""
        connection = http.client.HTTPConnection(self.control.host, self.control.port, timeout=10)
        try:
            connection.request("GET", "/status", headers={"authorization": f"Bearer {self.token}"})
            answer = connection.getresponse()
            body = answer.read()
        except http.client.HTTPException as error:
            raise OSError(f"the daemon does not speak HTTP: {error}") from None
        finally:
            connection.close()
        if answer.status != http.client.OK:
            raise OSError(f"the daemon answers {answer.status}")
        status: dict[str, Any] = json.loads(body)
        return status

    def differs(self, endpoints: Endpoints) -> str | None:
        """Why it can't serve this configuration with this code; None if it can."""
        wanted = settings(endpoints)
        if wanted != self.settings:
            changed = [setting for setting in wanted if wanted[setting] != self.settings.get(setting)]
            return f"{', '.join(changed)} changed"
        return None if self.fingerprint == fingerprint() else "its code changed"


def forget(data: Path) -> None:
    _path(data).unlink(missing_ok=True)


def settings(endpoints: Endpoints) -> dict[str, str]:
    """What of the stack's configuration a running cloud has taken in."""
    addresses = {setting: str(address) for setting, address in endpoints.settings().items()}
    users = {f"shoreline:servers[{server.name}].user": server.user for server in endpoints.servers}
    return {**addresses, **users, "shoreline:cloudflare.plan": endpoints.plan}


def fingerprint() -> str:
    """A digest of the local cloud's code, the packages it runs on and the interpreter."""
    package = ROOT / "infra" / "localcloud"
    files = [path for path in package.rglob("*") if path.is_file() and "__pycache__" not in path.parts]
    files += [ROOT / "infra" / name for name in ("errors.py", "paths.py")]
    files += [path for name in ("package-lock.json", "requirements.lock") if (path := ROOT / name).exists()]
    digest = hashlib.sha256(sys.version.encode())
    for path in sorted(files):
        digest.update(f"\0{path.relative_to(ROOT)}\0".encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()


def _path(data: Path) -> Path:
    return data / "run" / "daemon.json"
