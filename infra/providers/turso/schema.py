"""The schema as numbered SQL files, applied in order and never edited: reads, splits, plans."""

import hashlib
import re
import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import zip_longest
from pathlib import Path

from infra.errors import UserError

_NAME = re.compile(r"(\d{4})_[a-z0-9_]+\.sql")
_BLANK = re.compile(r"(?:\s|;|--[^\n]*(?:\n|$)|/\*.*?(?:\*/|$))*", re.DOTALL)
_WORD = re.compile(r"[a-z]*", re.IGNORECASE)

# A migration is one transaction already.
_REFUSED = {"begin", "commit", "end", "rollback", "savepoint", "release", "vacuum", "attach", "detach"}

# What code that runs may still use is gone after it. Not so an index: without it code is slow, not wrong.
_NAMED = r"""(\S+|"[^"]*"|`[^`]*`|\[[^]]*\])"""
_CONTRACTS = re.compile(rf"drop\s+(table|view)\b|alter\s+table\s+{_NAMED}\s+(drop|rename)\b", re.IGNORECASE)
CONTRACTION = re.compile(r"^--[ \t]*contract:[ \t]*\S", re.IGNORECASE | re.MULTILINE)

ADD_ANOTHER = "Restore it, and put the change into a new migration"


@dataclass(frozen=True)
class SqlStatement:
    """One statement as written, and the line it starts on (from 1)."""

    sql: str
    line: int

    @property
    def verb(self) -> str:
        found = _WORD.match(self.sql)
        return found.group().lower() if found else ""


@dataclass(frozen=True)
class Applied:
    """A migration as the database remembers it."""

    name: str
    checksum: str


@dataclass(frozen=True)
class Migration:
    """One file of the schema."""

    name: str
    sql: str

    @cached_property
    def checksum(self) -> str:
        """SHA-256 of the text, in hex."""
        return hashlib.sha256(self.sql.encode()).hexdigest()

    @property
    def applied(self) -> Applied:
        return Applied(self.name, self.checksum)


def split(sql: str) -> Iterator[SqlStatement]:
    """The statements of a script, ended by SQLite's rule: triggers, strings, comments may hold `;`."""
    start = _skip_blank(sql, 0)
    for end in (found.end() for found in re.finditer(";", sql)):
        if end > start and sqlite3.complete_statement(sql[start:end]):
            yield SqlStatement(sql[start:end], _line(sql, start))
            start = _skip_blank(sql, end)
    if start < len(sql):
        yield SqlStatement(sql[start:].rstrip(), _line(sql, start))


def read_schema(folder: Path, shown: str) -> tuple[Migration, ...]:
    """The migrations of a folder in order; `shown` is what messages call the folder.

    Raises UserError for a file out of sequence or badly named, or a statement that no migration can hold.
    """
    migrations = tuple(_read(path, shown) for path in sorted(folder.glob("*.sql")))
    for position, migration in enumerate(migrations, start=1):
        expected = f"{position:04}"
        if migration.name[:4] != expected:
            same = [each.name for each in migrations if each.name[:4] == migration.name[:4]]
            if len(same) > 1:
                raise UserError(
                    f"{shown}/{same[0]} and {same[1]}",
                    f"migrations are numbered without duplicates, and both are {same[0][:4]}",
                    f"Make the one that was never applied {len(migrations):04}",
                )
            raise UserError(
                f"{shown}/{migration.name}",
                f"migrations are numbered without gaps: this one should start with {expected}",
                "Renumber it, if it was never applied",
            )
    return migrations


def plan(applied: Sequence[Applied], wanted: Sequence[Migration], shown: str) -> tuple[Migration, ...]:
    """The migrations to apply. Raises UserError if an applied one was edited, removed, renamed, reordered."""
    names = {migration.name for migration in wanted}
    for before, now in zip_longest(applied, wanted[: len(applied)]):
        if now is not None and now.name == before.name:
            if now.checksum != before.checksum:
                raise UserError(f"{shown}/{before.name}", "it was edited after it was applied", ADD_ANOTHER)
        elif before.name in names:
            what = f"{now.name} now comes before it, and it was applied without it"
            raise UserError(f"{shown}/{before.name}", what, "Give the new migration the next free number")
        else:
            what = "it was removed or renamed after it was applied"
            raise UserError(f"{shown}/{before.name}", what, ADD_ANOTHER)
    return tuple(wanted[len(applied) :])


def refuse_unmarked(migrations: Sequence[Migration], shown: str) -> None:
    """Raises UserError for one that takes away what code may still use without saying that none does.

    While a release is rolled out the one before it runs against the same schema: it expands first, and
    contracts in a later release, once nothing uses the old form any more.
    """
    for migration in migrations:
        if CONTRACTION.search(migration.sql):
            continue
        for statement in split(migration.sql):
            if found := _CONTRACTS.match(statement.sql):
                verb = " ".join(found.group().split())
                what = f"{verb} takes away what the release that runs may still use"
                remedy = (
                    "Deploy code that does without it first;"
                    " then begin a line of this file with `-- contract:` and why nothing needs it any more"
                )
                raise UserError(f"{shown}/{migration.name}:{statement.line}", what, remedy)


def _read(path: Path, shown: str) -> Migration:
    where = f"{shown}/{path.name}"
    if not _NAME.fullmatch(path.name):
        what = "the name is not of the form NNNN_what_it_does.sql"
        raise UserError(where, what, "Rename it, such as 0002_add_tags.sql")
    try:
        migration = Migration(path.name, path.read_text(encoding="utf-8"))
    except UnicodeDecodeError as error:
        raise UserError(
            where, f"it is not UTF-8 ({error.reason} at byte {error.start})", "Save it as UTF-8"
        ) from None
    statements = list(split(migration.sql))
    if not statements:
        raise UserError(where, "it holds no statement", "Write one, or remove the file")
    for statement in statements:
        if statement.verb in _REFUSED:
            what = f"{statement.verb.upper()} cannot stand in a migration, which is one transaction"
            raise UserError(f"{where}:{statement.line}", what, "Remove the statement")
    return migration


def _skip_blank(sql: str, start: int) -> int:
    found = _BLANK.match(sql, start)
    return found.end() if found else start


def _line(sql: str, position: int) -> int:
    return sql.count("\n", 0, position) + 1
