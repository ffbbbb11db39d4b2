"""What was deployed, by whom, and what came of it: one file a release, on the server."""

import os
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, ValidationError

Result = Literal["running", "deployed", "failed", "withdrawn", "rolled back", "interrupted"]
"""`withdrawn`: it answers nobody, but the tree of the release before could not be brought up again."""


class Serving(BaseModel):
    """What answers: a version of the Worker, and the release of the servers that it is bound to."""

    model_config = ConfigDict(frozen=True)

    version: str
    server_release: str


class Release(BaseModel):
    """One deploy. `running` without a process means that it was killed."""

    model_config = ConfigDict(frozen=True)

    id: str
    commit: str
    subject: str
    who: str
    began: datetime
    ended: datetime | None = None
    result: Result = "running"
    step: str = ""
    """The one that runs, or failed."""
    reason: str = ""
    changed: tuple[str, ...] = ()
    """Tiers, against the release before."""
    serving: Serving | None = None
    before: Serving | None = None
    """What answered when it began: where its roll-out starts from, and goes back to."""
    seconds: dict[str, float] = {}
    """Of each step."""


class Records:
    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def all(self) -> list[Release]:
        """Oldest first."""
        return list(self._read())

    def deployed(self) -> Release | None:
        """The release in force: the last one that was deployed."""
        return deployed(self.all())

    def next_id(self) -> str:
        return next_id(self.all())

    def write(self, release: Release) -> None:
        """Whole or not at all, and there after a power cut."""
        self._folder.mkdir(parents=True, exist_ok=True)
        path = self._folder / file_name(release.id)
        incoming = path.with_suffix(".incoming")
        with incoming.open("w", encoding="utf-8") as file:
            file.write(release.model_dump_json(indent=1))
            file.flush()
            os.fsync(file.fileno())
        incoming.replace(path)

    def _read(self) -> Iterator[Release]:
        for path in sorted(self._folder.glob("*.json")):
            try:
                yield Release.model_validate_json(path.read_bytes())
            except ValidationError as error:
                raise ValueError(f"{path} is no record of a release: {error}") from None


def deployed(releases: Sequence[Release]) -> Release | None:
    """The last one that was."""
    return next((each for each in reversed(releases) if each.result == "deployed"), None)


def next_id(releases: Sequence[Release]) -> str:
    return f"r{len(releases) + 1}"


def file_name(release: str) -> str:
    return f"{int(release[1:]):06}.json"


def now() -> datetime:
    return datetime.now(UTC)
