"""Seeded notes in a Turso database: the first `notes` of services.schema.seed, beside what people wrote."""

import json
from collections.abc import Iterator

from pulumi import Input, Output, ResourceOptions
from pulumi.dynamic import CreateResult, DiffResult, ReadResult, Resource, UpdateResult

from infra.errors import UserError
from infra.providers.hrana import DatabaseMissingError, Hrana, HranaError, Rows, TokenRefusedError, Value
from infra.providers.results import Props, changed, gone, known
from infra.providers.turso.provider import TursoProvider
from services.schema import seed

BLOCK = 1000
"""Notes that are looked for, and sent, together."""

_DELETE_AT_ONCE = 5000
_REQUEST_CHARACTERS = 1_000_000

# The first four arguments of each statement. The times in the ids bound the rows that are looked at: what is
# written from now on lies behind them.
_SEEDED = (seed.id_prefix(seed.START), seed.id_prefix(seed.END), f"{seed.MARK}-", f"7{seed.VERSION:03x}")

_COUNT = """
select count(*) from notes
where id between ?1 and ?2 and substr(id, 20, 5) = ?3 and substr(id, 15, 4) = ?4
"""
_BLOCKS = """
select cast(substr(id, 25) as integer) / ?6, count(*) from notes
where id between ?1 and ?2 and substr(id, 20, 5) = ?3 and substr(id, 15, 4) = ?4
  and cast(substr(id, 25) as integer) < ?5
group by 1
"""
_DELETE = """
delete from notes where id in (
  select id from notes
  where id between ?1 and ?2 and substr(id, 20, 5) = ?3 and substr(id, 15, 1) = '7'
    and (substr(id, 15, 4) <> ?4 or cast(substr(id, 25) as integer) >= ?5)
  limit ?6
)
"""
_INSERT = """
insert into notes (id, workspace, title, body, created, updated)
select value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4, value ->> 5 from json_each(?)
where true on conflict (id) do nothing
"""


class SeedProvider(TursoProvider):
    """Its id is the database's id. `delete` does nothing: the notes go with their database."""

    def diff(self, _id: str, olds: Props, news: Props) -> DiffResult:
        replaces = changed(olds, news, "databaseId")
        names = changed(olds, news, "databaseId", "hostname", "token", "notes", "version")
        return DiffResult(changes=bool(names), replaces=known(news, replaces))

    def create(self, props: Props) -> CreateResult:
        return CreateResult(props["databaseId"], self._converge(props))

    def update(self, _id: str, _olds: Props, news: Props) -> UpdateResult:
        return UpdateResult(self._converge(news))

    def read(self, id_: str, props: Props) -> ReadResult:
        with self.platform.database(props["hostname"], props["token"]) as database:
            try:
                found = count(database)
            except (TokenRefusedError, DatabaseMissingError, HranaError):
                return gone()
        return ReadResult(id_, _outputs(props) | {"notes": found})

    def _converge(self, props: Props) -> Props:
        with self.writing(props) as database:
            try:
                converge(database, int(props["notes"]))  # the engine knows only floats
            except HranaError as error:
                raise UserError(
                    "shoreline:seed.notes",
                    f"the database refuses the notes: {error.message}",
                    "Run the same command again; the notes written so far are kept",
                ) from None
        return _outputs(props)


def count(database: Hrana) -> int:
    """How many notes of this version are there."""
    [(found,)] = database.execute(_COUNT, *_SEEDED).rows
    assert isinstance(found, int)
    return found


def converge(database: Hrana, wanted: int) -> None:
    """Leaves exactly the first `wanted` seeded notes, and every other row as it is.

    Repeatable after a kill at any point: what is there is looked up, and only incomplete blocks are sent.
    """
    while database.execute(_DELETE, *_SEEDED, wanted, _DELETE_AT_ONCE).affected_row_count:
        pass
    present: dict[Value, Value] = dict(_pairs(database.execute(_BLOCKS, *_SEEDED, wanted, BLOCK)))
    for block, start in enumerate(range(0, wanted, BLOCK)):
        stop = min(start + BLOCK, wanted)
        if present.get(block) != stop - start:
            for rows in _requests(start, stop):
                database.execute(_INSERT, rows)


def _pairs(answer: Rows) -> Iterator[tuple[Value, Value]]:
    return ((first, second) for first, second in answer.rows)


def _requests(start: int, stop: int) -> Iterator[str]:
    """The notes as JSON arrays of rows, of bounded size."""
    rows: list[str] = []
    size = 0
    for note in seed.notes(start, stop):
        fields = (note.id, note.workspace, note.title, note.body, note.created, note.updated)
        row = json.dumps(fields, ensure_ascii=False)
        if rows and size + len(row) > _REQUEST_CHARACTERS:
            yield f"[{','.join(rows)}]"
            rows, size = [], 0
        rows.append(row)
        size += len(row)
    if rows:
        yield f"[{','.join(rows)}]"


def _outputs(props: Props) -> Props:
    return {name: props[name] for name in ("databaseId", "hostname", "token", "notes", "version")}


class Seed(Resource, module="turso", name="Seed"):
    """The first `notes` seeded notes; 0 leaves none. A larger number inserts only the missing ones."""

    notes: Output[int]

    def __init__(
        self,
        resource_name: str,
        *,
        database_id: Input[str],
        hostname: Input[str],
        token: Input[str],
        notes: int,
        opts: ResourceOptions | None = None,
    ) -> None:
        inputs = {
            "databaseId": database_id,
            "hostname": hostname,
            "token": token,
            "notes": notes,
            "version": seed.VERSION,
        }
        secret = ResourceOptions(additional_secret_outputs=["token"])
        super().__init__(SeedProvider(), resource_name, inputs, ResourceOptions.merge(opts, secret))
