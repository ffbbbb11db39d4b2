"""The schema of a Turso database: migrations, each applied as one transaction in one HTTP request."""

import re
from collections.abc import Sequence

from pulumi import Input, Output, ResourceOptions
from pulumi.dynamic import (
    CheckResult,
    CreateResult,
    DiffResult,
    ReadResult,
    Resource,
    UpdateResult,
)

from infra.errors import UserError
from infra.providers.hrana import (
    DatabaseMissingError,
    Hrana,
    HranaError,
    Problem,
    Statement,
    Step,
    TokenRefusedError,
)
from infra.providers.results import Props, changed, gone, known, refused
from infra.providers.turso.provider import TursoProvider
from infra.providers.turso.schema import Applied, Migration, SqlStatement, plan, refuse_unmarked, split

_TABLE = """create table if not exists schema_migrations (
  name     text primary key,
  checksum text not null,
  applied  integer not null -- milliseconds since the epoch
) strict"""
_RECORD = (
    "insert into schema_migrations (name, checksum, applied)"
    " values (?, ?, cast(unixepoch('subsec') * 1000 as integer))"
)

# Where in the statement sqld 0.24.32 points; a message shows the line of the file instead.
_PLACE = re.compile(r" (?:around L|at \((?=\d+, ))(?P<line>\d+)(?::|, )\d+\)?| \(at offset (?P<offset>\d+)\)")

# Of a batch: begin, the table, the record, then the migration's own statements.
_RECORD_STEP = 2
_FIRST_STEP = 3


class MigrationsProvider(TursoProvider):
    """Its id is the database's id. The truth is the table `schema_migrations` in the database itself.

    `delete` does nothing: the schema goes with its database, and never before.
    """

    def check(self, olds: Props, news: Props) -> CheckResult:
        """Refuses, at a preview too, a schema that does not continue what the last successful run applied.

        And one that takes away what the release that runs may use, unless it says that nothing does.
        """
        try:
            former = [migration.applied for migration in _migrations(olds)]
            missing = plan(former, _migrations(news), news["folder"])
            # Against a new database no release runs yet.
            refuse_unmarked(missing if former else [], news["folder"])
        except UserError as error:
            return refused(news, str(error))
        return CheckResult(news, [])

    def diff(self, _id: str, olds: Props, news: Props) -> DiffResult:
        replaces = changed(olds, news, "databaseId")
        wanted = [_record(migration.applied) for migration in _migrations(news)]
        changes = bool(replaces or changed(olds, news, "hostname", "token") or olds.get("applied") != wanted)
        return DiffResult(changes=changes, replaces=known(news, replaces))

    def create(self, props: Props) -> CreateResult:
        return CreateResult(props["databaseId"], self._converge(props))

    def update(self, _id: str, _olds: Props, news: Props) -> UpdateResult:
        return UpdateResult(self._converge(news))

    def read(self, id_: str, props: Props) -> ReadResult:
        with self.platform.database(props["hostname"], props["token"]) as database:
            try:
                recorded = read_applied(database)
            except (TokenRefusedError, DatabaseMissingError):
                return gone()
        return ReadResult(id_, _outputs(props, recorded)) if recorded else gone()

    def _converge(self, props: Props) -> Props:
        with self.writing(props) as database:
            return _outputs(props, apply(database, _migrations(props), props["folder"]))


def apply(database: Hrana, wanted: Sequence[Migration], shown: str) -> list[Applied]:
    """Applies what the database lacks, and returns what it then records; messages call the folder `shown`.

    Raises UserError for a schema that does not continue the recorded one, or a migration that the database
    refuses: of that one nothing is applied, the earlier ones stay.
    """
    while missing := plan(read_applied(database), wanted, shown):
        _apply_one(database, missing[0], f"{shown}/{missing[0].name}")
    return read_applied(database)


def read_applied(database: Hrana) -> list[Applied]:
    """What the database records, in order; nothing where no migration ever ran."""
    try:
        rows = database.execute("select name, checksum from schema_migrations order by name").rows
    except HranaError as error:
        if "no such table" in error.message:
            return []
        raise
    return [Applied(str(name), str(checksum)) for name, checksum in rows]


def steps(migration: Migration, statements: Sequence[SqlStatement]) -> list[Step]:
    """The migration and its record as one transaction: all, or nothing if a step or the connection fails.

    The record comes first, so that the later of two runners fails there and on no statement.
    """
    record = Statement(_RECORD, (migration.name, migration.checksum))
    own = [Statement(statement.sql) for statement in statements]
    batch = [Step(Statement("begin immediate"))]
    for statement in [Statement(_TABLE), record, *own, Statement("commit")]:
        batch.append(Step(statement, _ok(len(batch) - 1)))
    not_committed = {"type": "not", "cond": _ok(len(batch) - 1)}
    return [*batch, Step(Statement("rollback"), {"type": "and", "conds": [_ok(0), not_committed]})]


def _apply_one(database: Hrana, migration: Migration, where: str) -> None:
    """Applies one migration, unless another runner has done so since the plan was made."""
    statements = list(split(migration.sql))
    try:
        problems = database.batch(steps(migration, statements)).step_errors
    except HranaError as error:
        _refuse_unparsed(database, statements, where)
        raise UserError(where, error.message, _remedy()) from None
    for position, problem in enumerate(problems):
        if problem is None or (position == _RECORD_STEP and "UNIQUE" in problem.message):
            continue
        index = position - _FIRST_STEP
        if 0 <= index < len(statements):
            raise _refusal(where, statements[index], problem)
        raise UserError(where, problem.message, "Run the same command again")


def _refuse_unparsed(database: Hrana, statements: Sequence[SqlStatement], where: str) -> None:
    # A batch with a statement that cannot be parsed is refused as a whole, without saying which.
    for statement, problem in zip(statements, database.parse([s.sql for s in statements]), strict=True):
        if problem is not None:
            raise _refusal(where, statement, problem)


def _refusal(where: str, statement: SqlStatement, problem: Problem) -> UserError:
    line = statement.line + _lines_into(statement.sql, problem.message)
    return UserError(f"{where}:{line}", _PLACE.sub("", problem.message), _remedy())


def _remedy() -> str:
    return "Correct the statement and run the same command again: nothing of this file was applied"


def _lines_into(sql: str, message: str) -> int:
    """How many lines into the statement the database points."""
    found = _PLACE.search(message)
    if found is None:
        return 0
    if found["line"] is None:
        return sql.encode()[: int(found["offset"])].count(b"\n")
    return int(found["line"]) - 1


def _ok(step: int) -> dict[str, object]:
    return {"type": "ok", "step": step}


def _migrations(props: Props) -> list[Migration]:
    return [Migration(entry["name"], entry["sql"]) for entry in props.get("migrations", [])]


def _record(applied: Applied) -> dict[str, str]:
    return {"name": applied.name, "checksum": applied.checksum}


def _outputs(props: Props, applied: Sequence[Applied]) -> Props:
    kept = {name: props[name] for name in ("databaseId", "hostname", "token")}
    return kept | {"applied": [_record(entry) for entry in applied]}


class Migrations(Resource, module="turso", name="Migrations"):
    """The migrations of one database, applied in order. The folder's name serves messages only."""

    applied: Output[list[dict[str, str]]]
    """Name and checksum of each, as the database records them."""

    def __init__(
        self,
        resource_name: str,
        *,
        database_id: Input[str],
        hostname: Input[str],
        token: Input[str],
        migrations: Sequence[Migration],
        folder: str,
        opts: ResourceOptions | None = None,
    ) -> None:
        inputs = {
            "databaseId": database_id,
            "hostname": hostname,
            "token": token,
            "migrations": [
                {"name": entry.name, "checksum": entry.checksum, "sql": entry.sql} for entry in migrations
            ],
            "folder": folder,
            "applied": None,
        }
        secret = ResourceOptions(additional_secret_outputs=["token"])
        super().__init__(MigrationsProvider(), resource_name, inputs, ResourceOptions.merge(opts, secret))
