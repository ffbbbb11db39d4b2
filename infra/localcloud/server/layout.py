"""Where a local server keeps things, and what a process on it sees of its surroundings."""

import hashlib
import os
import platform
import pwd
import socket
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

SYSTEM_PATH = ("/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin")
"""Where systemd looks for a program that is named without a path (systemd.exec(5), 252)."""
PASSED_ON = frozenset(("LANG", "LC_ALL", "TZ", "SSL_CERT_FILE", "TMPDIR"))


@dataclass(frozen=True)
class Layout:
    """One server of the local cloud whose data folder is `data`."""

    data: Path
    name: str
    user: str

    @property
    def folder(self) -> Path:
        return self.data / "servers" / self.name

    @property
    def home(self) -> Path:
        """The login user's home: all that survives a restart."""
        return self.folder / "home"

    @property
    def units(self) -> Path:
        return self.home / ".config" / "systemd" / "user"

    @property
    def programs(self) -> Path:
        """The stand-ins of the host's programs, first on every PATH."""
        return self.folder / "bin"

    @property
    def status(self) -> Path:
        """What the supervisor tells the daemon of its units."""
        return self.folder / "units.json"

    @property
    def cloudflare(self) -> Path:
        """Where `cloudflared` reads the local Cloudflare's address."""
        return self.folder / "cloudflare.json"

    @property
    def runtime(self) -> Path:
        """The user's runtime folder, as /run/user/1000: ends with the server, short enough for sockets."""
        digest = hashlib.sha256(str(self.folder.resolve()).encode()).hexdigest()[:10]
        return Path(tempfile.gettempdir()) / f"shoreline-{os.getuid()}-{digest}"

    @property
    def control(self) -> Path:
        """The socket on which the supervisor takes `systemctl`'s words."""
        return self.runtime / "systemd"

    def environment(self) -> dict[str, str]:
        """Of each process on the server, before its unit or its command adds to it."""
        passed = {name: value for name, value in os.environ.items() if name in PASSED_ON}
        return {
            **passed,
            "HOME": str(self.home),
            "LOGNAME": self.user,
            "PATH": ":".join((str(self.programs), *SYSTEM_PATH)),
            "SHELL": "/bin/sh",
            "UV_CACHE_DIR": _wheels(),
            "USER": self.user,
            "XDG_RUNTIME_DIR": str(self.runtime),
        }

    def specifiers(self) -> Mapping[str, str]:
        """Those of a user's manager that don't depend on the unit (systemd.unit(5), 252)."""
        home = self.home
        temporary = tempfile.gettempdir()
        return {
            "h": str(home),
            "t": str(self.runtime),
            "u": self.user,
            "U": str(os.getuid()),
            "g": pwd.getpwuid(os.getuid()).pw_name,
            "G": str(os.getgid()),
            "H": socket.gethostname(),
            "l": socket.gethostname().partition(".")[0],
            "s": "/bin/sh",
            "S": str(state_home(home)),
            "C": str(cache_home(home)),
            "L": str(state_home(home) / "log"),
            "E": str(home / ".config"),
            "T": temporary,
            "V": temporary,
            "v": platform.release(),
            "a": platform.machine().replace("_", "-"),
        }


def state_home(home: Path) -> Path:
    return home / ".local" / "state"


def cache_home(home: Path) -> Path:
    return home / ".cache"


def log_name(server: str, unit: str) -> str:
    """`vps-1`, `shoreline-api.service` -> `vps-1-api`: the unit's log and record."""
    return f"{server}-{short(unit)}"


def short(unit: str) -> str:
    return unit.removesuffix(".service").removeprefix("shoreline-")


def _wheels() -> str:
    """uv's cache of whoever runs the local cloud, so that a new server fetches no package again."""
    base = os.environ.get("XDG_CACHE_HOME") or os.path.join(os.environ.get("HOME", "/"), ".cache")  # noqa: PTH118
    return os.environ.get("UV_CACHE_DIR") or f"{base}/uv"
