"""What a route is measured with: the requests that read the most of the seeded data."""

from collections.abc import Iterator, Mapping
from itertools import product
from typing import Any

from infra.manifest.model import ManifestRoute, RunSql
from infra.providers.hrana import Hrana, Value
from infra.routes.route import Route
from services.schema import people, seed

SEEDED = frozenset(
    {
        "notes",
        "comments",
        "users",
        "memberships",
        "workspaces",
        "digest",
        "note_documents",
        "note_updates",
        "files",
        "idempotency",
        "notifications",
    }
)
"""Tables whose rows say something: what is read of an empty one grows later."""

NOW = seed.END
_NEW_ID = "01a3f000-0000-7000-8000-000000000000"

_MIDDLE = """select id from {table} where workspace = :tenant order by id limit 1
  offset (select count(*) / 2 from {table} where workspace = :tenant)"""


LONGEST_LOG = 200
"""Updates of the most edited note's document (services/realtime/limits.py: then it is compacted)."""
_DOCUMENTS = "insert into note_documents (note, state, through) select id, x'00', 0 from notes"
_UPDATES = """with recursive numbers(number) as
  (select 1 union all select number + 1 from numbers where number < :longest)
insert into note_updates (note, number, content, written) select :note, number, x'00', 0 from numbers"""
MOST_FILES = 100
"""Of a note: as many are listed."""
_FILES = """with recursive numbers(number) as
  (select 1 union all select number + 1 from numbers where number < :most)
insert into files (id, workspace, note, owner, server, name, size, state, type, sha256, created, stored)
select notes.id || number, workspace, notes.id, '', 'vps-1', '', 0, 'stored', '', '', 0, 0
from notes, numbers where number = 1 or notes.id = :note"""
NOTIFIED = 1_000
"""Notifications of the best known person: many more than a page holds. Everybody has one."""
_NOTIFICATIONS = """with recursive numbers(number) as
  (select 1 union all select number + 1 from numbers where number < :most)
insert into notifications (user, kind, key, subject, title, actor, created)
select users.id, 'edited', number, '', '', '', 0 from users, numbers where number = 1 or users.id = :user"""
_BUSIEST = "select user from memberships group by user order by count(*) desc, user limit 1"


def fill(database: Hrana) -> None:
    """What the application makes of the seed: the digest, documents and files of notes, notifications."""
    from services.jobs.digest import COUNT  # it comes with the jobs service

    database.execute("delete from digest")
    database.execute(COUNT, now=NOW, recent=seed.id_prefix(NOW - 7 * 86_400_000), last=0)
    database.execute("delete from note_documents")
    database.execute("delete from note_updates")
    database.execute(_DOCUMENTS)
    database.execute(_UPDATES, note=seed.note(0).id, longest=LONGEST_LOG)
    database.execute("delete from files")
    database.execute(_FILES, note=seed.note(0).id, most=MOST_FILES)
    database.execute("delete from notifications")
    [(busiest,)] = database.execute(_BUSIEST).rows
    database.execute(_NOTIFICATIONS, most=NOTIFIED, user=busiest)


def known(database: Hrana) -> Mapping[str, tuple[Value, ...]]:
    """Values of parameters by name: of the largest tenant, its most discussed note, its best known person."""
    first = seed.note(0)
    tenant = seed.OWNER_OF_HALF
    [(middle,)] = database.execute(_MIDDLE.format(table="notes"), tenant=tenant).rows
    [(comment,)] = database.execute(_MIDDLE.format(table="comments"), tenant=tenant).rows
    [(updated,)] = database.execute("select updated from notes where id = ?", first.id).rows
    [(busiest,)] = database.execute(_BUSIEST).rows
    return {
        "workspace": (tenant,),
        "note": (first.id,),
        "comment": (comment,),
        "caller": (busiest,),
        "caller_name": (people.user(0).name,),
        "new_id": (_NEW_ID,),
        "now": (NOW,),
        "before": (None, middle, comment),
        "after": (None, busiest),
        "updated": (updated,),
        "idempotency_route": ("none",),
        "idempotency_key": ("none",),
    }


def unknown(declared: Route, compiled: ManifestRoute) -> list[str]:
    """Parameters of path and query for which no value is known that finds anything."""
    if not isinstance(compiled.run, RunSql):
        return []
    asked = {
        arg.name for each in compiled.run.statements for arg in each.args if arg.source in ("path", "query")
    }
    return sorted(asked - _NAMES - {compiled.run.answer.limit} - set(declared.budgets.samples))


_NAMES = {"workspace", "note", "comment", "before", "after"}


def requests(
    declared: Route,
    compiled: ManifestRoute,
    schemas: Mapping[str, Any],
    values: Mapping[str, tuple[Value, ...]],
) -> Iterator[Mapping[str, Value]]:
    """Values for every parameter of the route's SQL."""
    assert isinstance(compiled.run, RunSql)
    names = list(dict.fromkeys(arg.name for each in compiled.run.statements for arg in each.args))
    choices: list[tuple[Value, ...]] = []
    for name in names:
        if name in declared.budgets.samples:
            choices.append((declared.budgets.samples[name],))
        elif name == compiled.run.answer.limit:
            choices.append((page(compiled, schemas) + 1,))
        else:
            choices.append(values.get(name, (_of_type(compiled.run, name),)))
    for chosen in product(*choices):
        yield dict(zip(names, chosen, strict=True))


def page(compiled: ManifestRoute, schemas: Mapping[str, Any]) -> int:
    """The most rows that one answer holds, where a query says how many; else 1."""
    if not isinstance(compiled.run, RunSql) or compiled.run.answer.limit is None:
        return 1
    limit = schemas[str(compiled.input.query)]["properties"][compiled.run.answer.limit]
    return int(limit["maximum"])


def _of_type(run: RunSql, name: str) -> Value:
    kind = next(arg.type for each in run.statements for arg in each.args if arg.name == name)
    values: Mapping[str, Value] = {"text": "sample", "json": "[]", "blob": b"sample", "real": 0.5}
    return values.get(kind, 1)
