"""What SQLite knows of a statement: its parameters, its columns, what it reads. Nothing is run."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache

import apsw
import apsw.ext

from infra.errors import UserError
from infra.paths import SCHEMA
from infra.providers.turso.schema import Migration, read_schema, split

SHOWN = "services/schema"

# Text in quotes and comments stand first, so that what looks like a parameter in them is none.
_TOKEN = re.compile(r"""'(?:[^']|'')*'|"(?:[^"]|"")*"|--[^\n]*|/\*.*?\*/|:(?P<name>\w+)""", re.DOTALL)


@dataclass(frozen=True)
class Described:
    """`reads`: table and column; `inserts` and `rewrites`: tables; `changes`: it writes at all.

    Of the statement itself: what triggers do beside it belongs to the table's definition.
    """

    parameters: tuple[str, ...]
    columns: tuple[str, ...]
    reads: frozenset[tuple[str, str]]
    inserts: frozenset[str]
    rewrites: frozenset[str]
    changes: bool


class NotSql(Exception):
    """SQLite's own words about a statement that it does not take."""


class Schema:
    """An empty database with the migrations applied."""

    def __init__(self, statements: Iterable[str]) -> None:
        self._database = apsw.Connection(":memory:")
        for sql in statements:
            self._database.execute(sql)
        tables = [
            str(name)
            for [name] in self._database.execute("select name from sqlite_schema where type = 'table'")
        ]
        triggers = self._database.execute("select name from sqlite_schema where type = 'trigger'")
        self._triggers = frozenset(str(name) for [name] in triggers)
        self.columns: Mapping[str, frozenset[str]] = {
            table: frozenset(
                str(name)
                for [name] in self._database.execute("select name from pragma_table_info(?)", (table,))
            )
            for table in tables
        }

    def tables(self, statements: Iterable[str]) -> frozenset[str]:
        """The tables that the statements touch."""
        described = [self.describe(sql) for sql in statements]
        touched = [{table for table, _ in each.reads} | each.inserts | each.rewrites for each in described]
        return frozenset().union(*touched) & self.columns.keys()

    def definitions(self, statements: Iterable[str]) -> list[str]:
        """How the tables that the statements touch are made, with their indexes and triggers."""
        tables = sorted(self.tables(statements))
        made = "select sql from sqlite_schema where tbl_name = ? and sql is not null order by name"
        return [str(sql) for table in tables for [sql] in self._database.execute(made, (table,))]

    def describe(self, sql: str) -> Described:
        """Raises NotSql."""
        try:
            info = apsw.ext.query_info(self._database, sql, actions=True)
        except apsw.SQLError as error:
            raise NotSql(str(error)) from None
        if info.query_remaining:
            raise NotSql("it holds several statements")
        actions = [each for each in info.actions or [] if each.trigger_or_view not in self._triggers]
        reads = frozenset(
            (str(action.table_name), str(action.column_name))
            for action in actions
            if action.action_name == "SQLITE_READ"
        )
        parameters = tuple(dict.fromkeys(name for name in info.bindings_names if name))
        return Described(
            parameters,
            tuple(name for name, *_ in info.description),
            reads,
            _tables(actions, "SQLITE_INSERT"),
            _tables(actions, "SQLITE_UPDATE", "SQLITE_DELETE"),
            not info.is_readonly,
        )


def _tables(actions: Iterable[apsw.ext.QueryAction], *names: str) -> frozenset[str]:
    return frozenset(str(action.table_name) for action in actions if action.action_name in names)


@cache
def application() -> Schema:
    """The application's own schema. Raises UserError for a migration that SQLite does not take."""
    migrations = read_schema(SCHEMA, SHOWN)
    try:
        return Schema(migration.sql for migration in migrations)
    except apsw.Error:
        raise mistake_in(migrations) from None


def mistake_in(migrations: Iterable[Migration]) -> UserError:
    """Names the first statement that SQLite does not take, of migrations that hold one."""
    database = apsw.Connection(":memory:")
    for migration in migrations:
        for statement in split(migration.sql):
            try:
                database.execute(statement.sql)
            except apsw.Error as error:
                remedy = (
                    "Correct the statement and run the same command again: nothing of this file was applied"
                )
                return UserError(f"{SHOWN}/{migration.name}:{statement.line}", str(error), remedy)
    raise AssertionError("they hold no mistake")


def with_parameters(sql: str, values: Mapping[str, str]) -> str:
    """The statement with some of its parameters replaced by SQL."""

    def replaced(token: re.Match[str]) -> str:
        return values.get(token["name"] or "", token.group())

    return _TOKEN.sub(replaced, sql)


def on_one_line(sql: str) -> str:
    """The statement without the line breaks and indentation of the declaration."""
    parts: list[str] = []
    at = 0
    for token in _TOKEN.finditer(sql):
        if token["name"] is None and not token.group().startswith(("--", "/*")):
            parts += [re.sub(r"\s+", " ", sql[at : token.start()]), token.group()]
            at = token.end()
        elif token["name"] is None:
            parts += [re.sub(r"\s+", " ", sql[at : token.start()]), " "]
            at = token.end()
    return "".join([*parts, re.sub(r"\s+", " ", sql[at:])]).strip()
