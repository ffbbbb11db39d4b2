"""Where a service listens: `unix:PATH`, or `HOST:PORT`, where port 0 takes a free one."""

import socket
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

_UNIX = "unix:"
_MOST_PORTS = 65_536


@dataclass(frozen=True)
class Listen:
    """A Unix socket's `path`, as given (a socket's address holds no long one), or host and port."""

    path: Path | None = None
    host: str = ""
    port: int = 0

    @classmethod
    def parse(cls, text: str) -> Self:
        """Raises ValueError."""
        if text.startswith(_UNIX) and len(text) > len(_UNIX):
            return cls(path=Path(text.removeprefix(_UNIX)))
        host, _, port = text.rpartition(":")
        if not host or not port.isdigit() or int(port) >= _MOST_PORTS:
            raise ValueError("must be unix:PATH or HOST:PORT")
        return cls(host=host, port=int(port))

    @property
    def authority(self) -> str:
        """What a URL of the service there names."""
        return "localhost" if self.path is not None else f"{self.host}:{self.port}"

    def clear(self) -> None:
        """Takes away what a killed process left at the path: nobody could listen there."""
        if self.path is not None:
            self.path.unlink(missing_ok=True)

    def socket(self) -> socket.socket:
        """Bound."""
        self.clear()
        if self.path is None:
            bound = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
            bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            bound.bind((self.host, self.port))
            return bound
        unix = _UnixListener(socket.AF_UNIX, socket.SOCK_STREAM)
        unix.bind(str(self.path))
        return unix


class _UnixListener(socket.socket):
    """Its connections bear to be told of TCP: picows 2.3.1 sets TCP_NODELAY on whatever it has accepted."""

    def accept(self) -> tuple[socket.socket, Any]:
        connection, address = super().accept()
        return _UnixConnection(fileno=connection.detach()), address


class _UnixConnection(socket.socket):
    def setsockopt(self, level: int, *option: Any) -> None:
        if level != socket.IPPROTO_TCP:
            super().setsockopt(level, *option)

    def getsockopt(self, level: int, *option: Any) -> Any:
        return 1 if level == socket.IPPROTO_TCP else super().getsockopt(level, *option)
