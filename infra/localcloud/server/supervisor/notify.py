"""sd_notify: datagrams from a unit's processes (sd_notify(3), systemd 252)."""

import array
import asyncio
import os
import socket
import struct
import sys
from collections.abc import Callable
from pathlib import Path

_CREDENTIALS = struct.Struct("iII")
_SCM_CREDENTIALS = 2  # linux/socket.h
_SO_PASSCRED = 16  # asm-generic/socket.h
_MOST_DESCRIPTORS = 253
_LONGEST = 64 * 1024


class Notifications:
    """A socket at `path`. `receive` gets the fields and the sender's pid, None where no system call tells."""

    def __init__(self, path: Path, receive: Callable[[int | None, dict[str, str]], None]) -> None:
        self.path = path
        self._receive = receive
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        path.unlink(missing_ok=True)
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.setblocking(False)
        self._socket.bind(str(path))
        if sys.platform == "linux":
            self._socket.setsockopt(socket.SOL_SOCKET, _SO_PASSCRED, 1)
        asyncio.get_running_loop().add_reader(self._socket, self._readable)

    def close(self) -> None:
        asyncio.get_running_loop().remove_reader(self._socket)
        self._socket.close()
        self.path.unlink(missing_ok=True)

    def _readable(self) -> None:
        space = socket.CMSG_SPACE(_CREDENTIALS.size) + socket.CMSG_SPACE(_MOST_DESCRIPTORS * 4)
        while True:
            try:
                message, ancillary, _, _ = self._socket.recvmsg(_LONGEST, space)
            except BlockingIOError:
                return
            pid = None
            descriptors = array.array("i")
            for level, kind, content in ancillary:
                if level != socket.SOL_SOCKET:
                    continue
                if kind == socket.SCM_RIGHTS:
                    descriptors.frombytes(content[: len(content) - len(content) % descriptors.itemsize])
                elif kind == _SCM_CREDENTIALS and sys.platform == "linux":
                    pid = _CREDENTIALS.unpack_from(content)[0]
            self._receive(pid, _fields(message))
            for descriptor in descriptors:  # a BARRIER=1 waits for its end of a pipe to be closed
                os.close(descriptor)


def _fields(message: bytes) -> dict[str, str]:
    lines = message.decode("utf-8", "replace").split("\n")
    return {name: value for name, equals, value in (line.partition("=") for line in lines) if equals}
