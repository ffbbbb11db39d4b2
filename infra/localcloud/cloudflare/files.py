"""Files that workerd reads: code and asset configuration of versions, assets by hash.

Readable by their owner only, never half written.
"""

import contextlib
import json
import os
from pathlib import Path
from typing import Any


class Files:
    """`versions/<id>.code.json` (code and secrets), `versions/<id>.assets.json`, `assets/<hash>`."""

    def __init__(self, data: Path) -> None:
        self.versions = data / "versions"
        self.assets = data / "assets"
        for folder in (self.versions, self.assets):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)

    def write_version(
        self, version_id: str, code: dict[str, Any] | None, assets: dict[str, Any] | None
    ) -> None:
        for kind, document in (("code", code), ("assets", assets)):
            if document is not None:
                text = json.dumps(document, ensure_ascii=False, separators=(",", ":"))
                write_durably(self.versions / f"{version_id}.{kind}.json", text.encode())

    def code(self, version_id: str) -> dict[str, Any]:
        document: dict[str, Any] = json.loads((self.versions / f"{version_id}.code.json").read_bytes())
        return document

    def drop_version(self, version_id: str) -> None:
        for kind in ("code", "assets"):
            (self.versions / f"{version_id}.{kind}.json").unlink(missing_ok=True)

    def drop_versions_but(self, declared: set[str]) -> None:
        """Forget files of versions that were never acknowledged: a kill fell between file and document."""
        for path in self.versions.glob("*.json"):
            if path.name.split(".", 1)[0] not in declared:
                path.unlink(missing_ok=True)

    def has_asset(self, digest: str) -> bool:
        return (self.assets / digest).is_file()

    def write_asset(self, digest: str, content: bytes) -> None:
        write_durably(self.assets / digest, content)


def write_durably(path: Path, content: bytes) -> None:
    """Replace a file at once, on the disk when this returns, readable by its owner only."""
    fresh = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with os.fdopen(os.open(fresh, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600), "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(path)
    except BaseException:
        with contextlib.suppress(OSError):
            fresh.unlink(missing_ok=True)
        raise
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
