"""Notes in a file of JSON Lines, read a piece at a time from any place in it. Pure, but for the reading."""

import json
from dataclasses import dataclass, field
from typing import IO, Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

BATCH_BYTES = 256 * 1024
BATCH_LINES = 200
LINE_BYTES = 512 * 1024
FAULTS = 20
"""So many are kept: who sends a wrong file need not be told a million times."""


class LinesNote(BaseModel):
    """A line. The limits are those of a note that somebody writes (infra/routes/fields.py)."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    title: Annotated[str, Field(min_length=1, max_length=200, pattern=r"[^ \t\r\n]")]
    body: Annotated[str, Field(max_length=50_000)] = ""
    tags: Annotated[
        list[Annotated[str, StringConstraints(min_length=1, max_length=40, pattern=r"^[^ ,\t\r\n]+$")]],
        Field(max_length=10),
    ] = []


@dataclass
class Batch:
    """What some lines hold; `position` and `lines` are where the next ones begin."""

    position: int
    lines: int
    notes: list[LinesNote] = field(default_factory=list)
    skipped: int = 0
    faults: list[dict[str, Any]] = field(default_factory=list)

    def take(self, line: bytes, *, cut: bool) -> None:
        self.lines += 1
        if not line.strip():
            return
        try:
            if cut:
                raise ValueError(f"is longer than {LINE_BYTES} bytes")
            self.notes.append(LinesNote.model_validate(_parsed(line)))
        except ValueError as error:
            self.skipped += 1
            if len(self.faults) < FAULTS:
                self.faults.append({"line": self.lines, "message": _words(error)})


def read_batch(file: IO[bytes], position: int, lines: int) -> Batch:
    """The lines from there on, up to a size that one transaction can take; none at the end of the file."""
    batch = Batch(position, lines)
    file.seek(position)
    while batch.position - position < BATCH_BYTES and batch.lines - lines < BATCH_LINES:
        line = file.readline(LINE_BYTES)
        if not line:
            break
        cut = len(line) == LINE_BYTES and not line.endswith(b"\n")
        rest = line
        while cut and rest and not rest.endswith(b"\n"):
            rest = file.readline(LINE_BYTES)
        batch.take(line, cut=cut)
        batch.position = file.tell()
    return batch


def _parsed(line: bytes) -> Any:
    try:
        return json.loads(line.decode())
    except UnicodeDecodeError:
        raise ValueError("is not UTF-8") from None
    except (ValueError, RecursionError):
        raise ValueError("is not JSON") from None


def _words(error: ValueError) -> str:
    if not isinstance(error, ValidationError):
        return str(error)
    first = error.errors(include_input=False, include_url=False)[0]
    place = "/".join(map(str, first["loc"])) or "the line"
    return f"{place}: {first['msg'][0].lower()}{first['msg'][1:]}"
