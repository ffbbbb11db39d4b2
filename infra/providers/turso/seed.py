"""Seeded rows in a Turso database: the first `notes` of services.schema.seed, with their people and comments.

What people wrote themselves is never touched.
"""

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import astuple, dataclass

from pulumi import Input, Output, ResourceOptions
from pulumi.dynamic import CreateResult, DiffResult, ReadResult, Resource, UpdateResult

from infra.errors import UserError
from infra.providers.hrana import DatabaseMissingError, Hrana, HranaError, Rows, TokenRefusedError, Value
from infra.providers.results import Props, changed, gone, known
from infra.providers.turso.provider import TursoProvider
from services.schema import people, seed

Row = people.User | people.Membership | people.Comment | seed.Note

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
delete from {table} where {key} in (
  select {key_columns} from {table}
  where {id} between ?1 and ?2 and substr({id}, 20, 5) = ?3 and substr({id}, 15, 1) = '7'
    and (substr({id}, 15, 4) <> ?4 or cast(substr({id}, 25) as integer) >= ?5)
  limit ?6
)
"""
_DELETE_WORKSPACES = """
delete from workspaces where id in (select value ->> 0 from json_each(?)) and created = ?
  and id not in (select workspace from notes) and id not in (select workspace from memberships)
"""
_INSERT = """
insert into {table} ({columns})
select {values} from json_each(?)
where true on conflict do nothing
"""


@dataclass(frozen=True)
class _Table:
    """A seeded table. `id`: the column with a seeded id; `scale`: how its numbers follow the notes'."""

    name: str
    columns: tuple[str, ...]
    scale: Callable[[int], int]
    key: tuple[str, ...] = ("id",)
    id: str = "id"

    @property
    def insert(self) -> str:
        values = ", ".join(f"value ->> {at}" for at in range(len(self.columns)))
        return _INSERT.format(table=self.name, columns=", ".join(self.columns), values=values)

    @property
    def delete(self) -> str:
        columns = ", ".join(self.key)
        key = columns if len(self.key) == 1 else f"({columns})"
        return _DELETE.format(table=self.name, key=key, key_columns=columns, id=self.id)


_WORKSPACES = _Table("workspaces", ("id", "name", "open", "created"), lambda notes: notes)
_USERS = _Table("users", ("id", "email", "name", "password", "created"), people.people)
_MEMBERSHIPS = _Table(
    "memberships",
    ("workspace", "user", "role", "created"),
    people.people,
    key=("workspace", "user"),
    id="user",
)
_COMMENTS = _Table(
    "comments",
    ("id", "workspace", "note", "author", "body", "created"),
    lambda notes: notes * people.PLACES,
)
_NOTES = _Table(
    "notes", ("id", "workspace", "title", "body", "created", "updated", "tags"), lambda notes: notes
)


class SeedProvider(TursoProvider):
    """Its id is the database's id. `delete` does nothing: the rows go with their database."""

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
                    f"the database refuses the rows: {error.message}",
                    "Run the same command again; what was written so far is kept",
                ) from None
        return _outputs(props)


def count(database: Hrana) -> int:
    """How many notes of this version are there."""
    [(found,)] = database.execute(_COUNT, *_SEEDED).rows
    assert isinstance(found, int)
    return found


def converge(database: Hrana, wanted: int) -> None:
    """Leaves exactly the first `wanted` seeded notes with what belongs to them, and every other row as it is.

    Repeatable after a kill at any point: what is there is looked up, and only incomplete blocks are sent.
    """
    for table in (_COMMENTS, _MEMBERSHIPS, _USERS, _NOTES):
        while database.execute(
            table.delete, *_SEEDED, table.scale(wanted), _DELETE_AT_ONCE
        ).affected_row_count:
            pass
    _converge_workspaces(database, wanted)
    present: dict[Value, Value] = dict(_pairs(database.execute(_BLOCKS, *_SEEDED, wanted, BLOCK)))
    for block, start in enumerate(range(0, wanted, BLOCK)):
        stop = min(start + BLOCK, wanted)
        if present.get(block) != stop - start:
            for insert, rows in _requests(start, stop):
                database.execute(insert, rows)


def _converge_workspaces(database: Hrana, wanted: int) -> None:
    rows = [(name, name.replace("-", " ").capitalize(), 1, seed.START) for name in people.workspaces()]
    if wanted > 0:
        database.execute(_WORKSPACES.insert, json.dumps(rows))
    else:
        # The one that everybody starts in is the schema's own.
        seeded = [row for row in rows if row[0] != seed.OWNER_OF_HALF]
        database.execute(_DELETE_WORKSPACES, json.dumps(seeded), seed.START)


def _pairs(answer: Rows) -> Iterator[tuple[Value, Value]]:
    return ((first, second) for first, second in answer.rows)


def _requests(start: int, stop: int) -> Iterator[tuple[str, str]]:
    """Inserts, each with its rows. The notes come last: once they are there, so is what belongs to them."""
    users = [people.user(number) for number in range(people.people(start), people.people(stop))]
    members = [
        member
        for number, user in enumerate(users, start=people.people(start))
        for member in people.memberships(user, number)
    ]
    notes = list(seed.notes(start, stop))
    comments = (
        comment for number, note in enumerate(notes, start=start) for comment in people.comments(note, number)
    )
    tables: list[tuple[_Table, Iterable[Row]]] = [
        (_USERS, users),
        (_MEMBERSHIPS, members),
        (_COMMENTS, comments),
        (_NOTES, notes),
    ]
    for table, rows in tables:
        for packed in _packed(map(astuple, rows)):
            yield table.insert, packed


def _packed(rows: Iterable[tuple[object, ...]]) -> Iterator[str]:
    """The rows as JSON arrays of bounded size."""
    texts: list[str] = []
    size = 0
    for row in rows:
        text = json.dumps(row, ensure_ascii=False)
        if texts and size + len(text) > _REQUEST_CHARACTERS:
            yield f"[{','.join(texts)}]"
            texts, size = [], 0
        texts.append(text)
        size += len(text)
    if texts:
        yield f"[{','.join(texts)}]"


def _outputs(props: Props) -> Props:
    return {name: props[name] for name in ("databaseId", "hostname", "token", "notes", "version")}


class Seed(Resource, module="turso", name="Seed"):
    """The first `notes` seeded notes with what belongs to them; 0 leaves none.

    A larger number inserts only the missing ones.
    """

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
