"""The `source` of a copy: an asset or an archive, as the engine hands it over.

Signatures: sdk/go/common/resource/sig of Pulumi 3.259.0.
"""

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Self

from infra.errors import UserError
from infra.toolchain.plugins.answers import Failure
from infra.toolchain.plugins.command import IDENTITY
from infra.toolchain.plugins.values import SIGNATURE, UNKNOWN

ASSET: Final = "c44067f5952c0a294b673a41bacd8c17"
ARCHIVE: Final = "0def7320c3a5731c473e5ecbe6d01bc7"


@dataclass(frozen=True)
class Source:
    """A file or folder by `path`, or a file's `text`; `digest` is the engine's hash of the content."""

    path: str | None
    text: str | None = field(repr=False)
    digest: str

    @classmethod
    def parse(cls, value: dict[str, Any]) -> Self:
        """A source that has no problems. Raises UserError where its path leads nowhere."""
        path = value.get("path")
        if path is not None and not os.access(path, os.R_OK):
            what = f"{path} does not exist or can't be read (looked in {Path.cwd()})"
            raise UserError("source", what, "Build it first, or correct the path.")
        return cls(path, value.get("text"), value.get("hash", ""))

    def __str__(self) -> str:
        return "the text" if self.path is None else self.path


def source_problems(value: Any) -> list[Failure]:
    """What is wrong with the property."""
    if value is UNKNOWN or value is None:
        return []
    if not isinstance(value, dict) or value.get(SIGNATURE) not in (ASSET, ARCHIVE):
        return [Failure("source", "must be an asset or an archive")]
    if "path" in value or "text" in value:
        return []
    kind = "RemoteAsset or RemoteArchive" if "uri" in value else "AssetArchive"
    return [Failure("source", f"a {kind} is not served by {IDENTITY}. {IDENTITY.remedy}")]


def same(old: Any, new: Any) -> bool:
    """Whether two property values are alike; assets and archives are if their content is."""
    return bool(_content(old) == _content(new))


def _content(value: Any) -> Any:
    if isinstance(value, dict):
        if value.get(SIGNATURE) in (ASSET, ARCHIVE) and value.get("hash"):
            return value[SIGNATURE], value["hash"]
        return {name: _content(item) for name, item in value.items()}
    return [_content(item) for item in value] if isinstance(value, list) else value
