"""A disk of a given size for one process: a tmpfs in a mount namespace of its own, without root."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

_MOUNT = 'mount -t tmpfs -o size="$1" none "$2" && shift 2 && exec setpriv --pdeathsig KILL "$@"'


@dataclass(frozen=True)
class SmallDisk:
    """`folder` is the disk for the processes that are started `within`."""

    folder: Path
    megabytes: int

    @property
    def within(self) -> list[str | Path]:
        """The command that the process's own follows. Where the kernel forbids user namespaces, it fails."""
        return ["unshare", "-rm", "sh", "-c", _MOUNT, "sh", f"{self.megabytes}m", self.folder]

    def seen_by(self, pid: int) -> Path:
        """The disk as others reach it."""
        return Path(f"/proc/{pid}/root{self.folder}")

    @contextmanager
    def filled(self, pid: int) -> Iterator[None]:
        """Not a byte is left as long as the block lasts."""
        ballast = self.seen_by(pid) / "ballast"
        with ballast.open("wb", buffering=0) as file:
            for size in (64 * 1024, 1):
                _write_until_full(file.write, b"\0" * size)
        try:
            yield
        finally:
            ballast.unlink()


def _write_until_full(write: object, block: bytes) -> None:
    try:
        while write(block):  # type: ignore[operator] # a file's
            pass
    except OSError:
        return
