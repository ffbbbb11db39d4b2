"""The folder of files of one server. A file is whole or not there: it comes in elsewhere and is renamed."""

import errno
import hashlib
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

BLOCK = 1024 * 1024


class DiskFull(Exception):
    """There is no room: what was there before is untouched."""


@dataclass(frozen=True)
class Disk:
    """`reserve`: bytes that stay free, so that the host itself goes on working."""

    folder: Path
    reserve: int

    def whole(self, file: str) -> Path:
        return self._place("whole", file)

    def incoming(self, file: str) -> Path:
        """What has come of an upload."""
        return self._place("incoming", file)

    def preview(self, file: str) -> Path:
        return self._place("previews", file)

    def result(self, job: str) -> Path:
        """What a job has made."""
        return self._place("results", job)

    def _place(self, kind: str, name: str) -> Path:
        # The end of an id is chance: it spreads the files over folders.
        return self.folder / kind / name[-2:] / name

    def free(self) -> int:
        """Bytes that may still be written."""
        self.folder.mkdir(parents=True, exist_ok=True)
        stat = os.statvfs(self.folder)
        return max(0, stat.f_bavail * stat.f_frsize - self.reserve)

    def require(self, size: int) -> None:
        """Raises DiskFull."""
        if size > self.free():
            raise DiskFull

    def arrived(self, file: str) -> int:
        """How many bytes of an upload are here."""
        for place in (self.incoming(file), self.whole(file)):
            if place.exists():
                return place.stat().st_size
        return 0

    def complete(self, file: str) -> None:
        """The upload becomes the file; again is the same as once. Raises DiskFull."""
        try:
            if not self.whole(file).exists():
                keep(self.incoming(file), self.whole(file))
        except OSError as error:
            raise full_or_same(error) from None

    def write(self, place: Path, content: bytes) -> None:
        """Raises DiskFull."""
        self.require(len(content))
        part = place.with_name(f".{place.name}.{os.getpid()}")
        try:
            part.parent.mkdir(parents=True, exist_ok=True)
            part.write_bytes(content)
            keep(part, place)
        except OSError as error:
            part.unlink(missing_ok=True)
            raise full_or_same(error) from None

    def forget(self, file: str) -> None:
        for place in (self.incoming(file), self.whole(file), self.preview(file)):
            place.unlink(missing_ok=True)

    def names(self) -> Iterator[tuple[str, Path]]:
        """What is there: the id of each file or job, and the place."""
        for place in self.folder.glob("*/??/*"):
            yield place.name.lstrip(".").partition(".")[0], place


def keep(part: Path, place: Path) -> None:
    """Renames so that neither a kill nor a loss of power leaves half a file under the name."""
    place.parent.mkdir(parents=True, exist_ok=True)
    with part.open("rb") as file:
        os.fsync(file.fileno())
    part.replace(place)
    folder = os.open(place.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def full_or_same(error: OSError) -> Exception:
    return DiskFull() if is_full(error) else error


def is_full(error: BaseException) -> bool:
    """Whether it was for want of room."""
    full = isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT)
    return full or isinstance(error, DiskFull)


def sha256(place: Path) -> str:
    with place.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
