"""The official release of the Pulumi CLI, checked against its published checksum before it is used."""

from __future__ import annotations

import platform
import shutil
import sys
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from infra.errors import UserError
from infra.toolchain.downloads import UnreachableError, fetch_file, fetch_text

if TYPE_CHECKING:
    from pathlib import Path

    from infra.toolchain.progress import Progress

PROGRAMS = (
    "pulumi",
    "pulumi-language-python",
    "pulumi-language-python-exec",
    "pulumi-resource-pulumi-python",
)
"""What this project uses of it: the CLI, the Python host with its executor, and the dynamic provider."""


def release_sources(version: str) -> list[str]:
    """The folders in which Pulumi publishes a release's archives and checksums (release page, 2026-11-23)."""
    return [
        f"https://github.com/pulumi/pulumi/releases/download/v{version}",
        "https://get.pulumi.com/releases/sdk",
    ]


def archive_name(version: str) -> str:
    """The archive for this machine."""
    machine = {"x86_64": "x64", "amd64": "x64", "aarch64": "arm64"}.get(
        platform.machine(), platform.machine()
    )
    return f"pulumi-v{version}-{sys.platform}-{machine}.tar.gz"


def download_release(version: str, sources: list[str], folder: Path, progress: Progress) -> None:
    """Put the release's programs into `folder`, from the first source that answers.

    Raises UnreachableError when none does, UserError when an archive is not what the checksum says.
    """
    reasons = []
    for source in sources:
        try:
            _download(version, source, folder, progress)
        except UnreachableError as error:
            reasons.append(str(error))
        else:
            return
    raise UnreachableError("; ".join(reasons))


def _download(version: str, source: str, folder: Path, progress: Progress) -> None:
    name = archive_name(version)
    expected = published_checksum(fetch_text(f"{source}/pulumi-{version}-checksums.txt"), name)
    if expected is None:
        raise UnreachableError(f"{source}: no archive for this machine ({name})")
    archive = folder / name
    with progress.step(f"Pulumi CLI {version}: official release"):
        found = fetch_file(f"{source}/{name}", archive)
    if found != expected:
        archive.unlink()
        raise UserError(
            f"{source}/{name}",
            f"the archive's SHA-256 is {found}, published is {expected}",
            "Nothing of it was used. Run it again; if that repeats, something on the way changes the file.",
        )
    unpack(archive, folder)
    archive.unlink()


def published_checksum(checksums: str, name: str) -> str | None:
    """The SHA-256 of the file `name` in a `sha256sum` listing."""
    for line in checksums.splitlines():
        checksum, _, file = line.partition(" ")
        if file.strip().lstrip("*") == name:
            return checksum.lower()
    return None


def unpack(archive: Path, folder: Path) -> None:
    """Take the programs out of a release's archive; every other entry stays in it, wherever it points."""
    import tarfile

    with tarfile.open(archive) as tar:
        for entry in tar:
            path = PurePosixPath(entry.name)
            content = tar.extractfile(entry) if entry.isfile() and path.name in PROGRAMS else None
            if content is not None and path.parent.as_posix() in {"pulumi", "pulumi/bin"}:
                target = folder / path.name
                with target.open("wb") as output:
                    shutil.copyfileobj(content, output)
                target.chmod(0o755)
