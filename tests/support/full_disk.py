"""A small disk for some processes: a tmpfs in a mount namespace of their own, without root."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.support.process import running, until

_DIES_WITH_THE_TEST = ("setpriv", "--pdeathsig", "KILL")
_MOUNT = 'mount -t tmpfs -o size="$1" none "$2" && shift 2 && exec "$@"'


@dataclass(frozen=True)
class SmallDisk:
    """`folder` is the disk for the processes that are started `within`; `holder` keeps it."""

    folder: Path
    holder: int

    @property
    def within(self) -> list[str]:
        """The command that the process's own follows."""
        enter = ["nsenter", "--user", "--mount", "--preserve-credentials", f"--target={self.holder}"]
        return [*enter, *_DIES_WITH_THE_TEST]

    @property
    def seen(self) -> Path:
        """The disk as others reach it."""
        return Path(f"/proc/{self.holder}/root{self.folder}")

    @contextmanager
    def filled(self) -> Iterator[None]:
        """Not a byte is left as long as the block lasts."""
        ballast = self.seen / "ballast"
        with ballast.open("wb", buffering=0) as file:
            for size in (64 * 1024, 1):
                _write_until_full(file.write, b"\0" * size)
        try:
            yield
        finally:
            ballast.unlink()


@contextmanager
def small_disk(folder: Path, megabytes: int) -> Iterator[SmallDisk]:
    """Lasts as long as the block. Where the kernel forbids user namespaces, it fails."""
    folder.mkdir()
    log = folder.with_suffix(".log")
    hold = ["sh", "-c", "echo held; exec sleep infinity"]
    mount: list[str | Path] = ["unshare", "-rm", "sh", "-c", _MOUNT, "sh", f"{megabytes}m", folder]
    with running([*mount, *_DIES_WITH_THE_TEST, *hold], log=log) as holder:
        until(lambda: log.read_text() or None, "the disk is mounted")
        yield SmallDisk(folder, holder.pid)


def _write_until_full(write: object, block: bytes) -> None:
    try:
        while write(block):  # type: ignore[operator] # a file's
            pass
    except OSError:
        return
