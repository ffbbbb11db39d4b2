"""What a route's SQL must not do: rules over what SQLite knows of its statements."""

from collections.abc import Iterator, Mapping, Sequence

from infra.manifest.refusal import refuse
from infra.manifest.statements import Described
from infra.mistakes import Mistake
from infra.routes.route import Member, Route

TENANT = "workspace"
"""The column that says to which tenant a row belongs."""

Tables = Mapping[str, frozenset[str]]
"""The columns of each table."""
Found = Iterator[tuple[str, str]]


def faults(route: Route, statements: Sequence[Described], tables: Tables) -> list[Mistake]:
    """All of one route's SQL."""
    found = [
        *_changes(route, statements),
        *_repeatable(route, statements),
        *_tenant(route, statements, tables),
    ]
    return [refuse(route, *each) for each in found]


def unused(route: Route, statements: Sequence[Described], inputs: Mapping[str, str]) -> list[Mistake]:
    """What is asked for and not used. `inputs`: the place of each."""
    used = {name for statement in statements for name in statement.parameters}
    return [
        refuse(route, f"no SQL uses :{name} of the {place}", "Use it, or leave it out")
        for name, place in inputs.items()
        if name not in used
    ]


def _changes(route: Route, statements: Sequence[Described]) -> Found:
    changes = any(statement.changes for statement in statements)
    if route.reads_only and changes:
        yield "its SQL writes, and a GET may be sent again by anybody on the way", "Use POST, PUT or DELETE"
    if not route.reads_only and not changes:
        yield f"its SQL changes nothing, and {route.method} says that it does", "Use GET"


def _repeatable(route: Route, statements: Sequence[Described]) -> Found:
    if not route.idempotent:
        return
    if statements[-1].changes or len(statements) < 2:
        what = "idempotent without a last statement that only reads: a repeated request could not be answered"
        yield what, "Write first, then select what is answered, by :new_id"


def _tenant(route: Route, statements: Sequence[Described], tables: Tables) -> Found:
    access = route.access
    if not isinstance(access, Member):
        return
    for number, statement in enumerate(statements, start=1):
        which = f"statement {number}" if len(statements) > 1 else "the SQL"
        if access.parameter not in statement.parameters:
            what = f"{which} ignores :{access.parameter}, so members of one would reach into others"
            yield what, f"Add {TENANT} = :{access.parameter} to it"
            continue
        for table in sorted({table for table, _ in statement.reads} | statement.rewrites):
            owned = TENANT in tables.get(table, ())
            if owned and table not in statement.inserts and (table, TENANT) not in statement.reads:
                what = f"{which} looks at {table} without its {TENANT}"
                yield what, f"Add {table}.{TENANT} = :{access.parameter} to it"
