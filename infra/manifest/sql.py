"""A route's SQL: where each parameter comes from, and what its rows make."""

from collections.abc import Mapping

from infra.manifest import schemas, sqlrules
from infra.manifest.model import Answer, Argument, Column, Cursor, RunSql, Statement, Type
from infra.manifest.refusal import refuse
from infra.manifest.statements import Described, NotSql, Schema, on_one_line, with_parameters
from infra.mistakes import Mistake
from infra.routes.route import Many, Nothing, One, Route

RESERVED: Mapping[str, Argument] = {
    "caller": Argument(name="caller", source="caller", field="user", type="text"),
    "caller_name": Argument(name="caller_name", source="caller", field="name", type="text"),
    "new_id": Argument(name="new_id", source="generated", field="newId", type="text"),
    "now": Argument(name="now", source="generated", field="now", type="integer"),
}
KEY: Mapping[str, Argument] = {
    "caller": RESERVED["caller"],
    "idempotency_route": Argument(name="idempotency_route", source="idempotency", field="route", type="text"),
    "idempotency_key": Argument(name="idempotency_key", source="idempotency", field="key", type="text"),
}

_KEPT = (
    "(select {column} from idempotency"
    " where user = :caller and route = :idempotency_route and key = :idempotency_key)"
)
FIRST = {name: _KEPT.format(column=name) for name in ("new_id", "now")}
"""What the first request of an idempotency key was given."""


_OURS = ("caller", "generated")


class Sources:
    """Where a parameter of the SQL may come from: by name, every place that has it."""

    def __init__(self) -> None:
        self._found: dict[str, list[Argument]] = {name: [argument] for name, argument in RESERVED.items()}

    def add(self, place: str, types: Mapping[str, tuple[Type, bool]]) -> None:
        for name, (kind, _) in types.items():
            argument = Argument.model_validate({"name": name, "from": place, "field": name, "type": kind})
            self._found.setdefault(name, []).append(argument)

    def of(self, name: str) -> list[Argument]:
        return self._found.get(name, [])

    @property
    def given(self) -> Mapping[str, str]:
        """What a request gives, and its place."""
        return {
            name: found[-1].source for name, found in self._found.items() if found[-1].source not in _OURS
        }

    @property
    def names(self) -> list[str]:
        return sorted(self._found)


def compile_sql(
    name: str, route: Route, sources: Sources, schema: Schema
) -> tuple[RunSql | None, list[Mistake]]:
    """What runs, or why not."""
    refusals: list[Mistake] = []
    described: list[Described] = []
    statements: list[Statement] = []
    for sql in route.statements:
        try:
            each = schema.describe(sql)
        except NotSql as error:
            refusals.append(refuse(route, f"SQLite refuses the SQL: {error}", "Correct the statement"))
            continue
        described.append(each)
        args, unknown = _arguments(route, each, sources)
        refusals += unknown
        statements.append(Statement(sql=on_one_line(sql), args=args))
    if refusals or not statements:
        return None, refusals
    answer, refusals = _answer(route, described[-1], len(statements) - 1)
    refusals += [
        *sqlrules.faults(route, described, schema.columns),
        *sqlrules.unused(route, described, sources.given),
    ]
    if answer is None or refusals:
        return None, refusals
    repeatable = _repeatable(statements[-1]) if route.idempotent else None
    return (
        RunSql(statements=tuple(statements), answer=answer, conflict=route.conflict, repeatable=repeatable),
        [],
    )


def _arguments(
    route: Route, statement: Described, sources: Sources
) -> tuple[tuple[Argument, ...], list[Mistake]]:
    found: list[Argument] = []
    refusals: list[Mistake] = []
    for name in statement.parameters:
        match sources.of(name):
            case [argument]:
                found.append(argument)
            case []:
                what = f"the SQL's :{name} comes from nowhere"
                remedy = f"Declare it in params or body, or use one of {', '.join(sources.names)}"
                refusals.append(refuse(route, what, remedy))
            case several:
                places = " and ".join(f"the {each.source}" for each in several)
                remedy = "Give one of them another name"
                refusals.append(refuse(route, f"the SQL's :{name} could come from {places}", remedy))
    return tuple(found), refusals


def _answer(route: Route, last: Described, index: int) -> tuple[Answer | None, list[Mistake]]:
    if not isinstance(route.returns, One | Many):
        missing = route.returns.missing if isinstance(route.returns, Nothing) else None
        return _nothing(index, missing), []
    try:
        kinds = schemas.types(route.returns.row)
    except schemas.NotPortable as error:
        return None, [refuse(route, f"{route.returns.row.__name__}.{error}", error.remedy)]
    columns = tuple(Column(name=name, type=kind, nullable=null) for name, (kind, null) in kinds.items())
    refusals = _columns_refused(route, route.returns.row.__name__, list(kinds), last.columns)
    if isinstance(route.returns, One):
        return _one(route.returns, columns, index), refusals
    return _many(route, route.returns, columns, index), refusals


def _nothing(index: int, missing: str | None) -> Answer:
    return Answer(
        kind="none",
        statement=index,
        status=204,
        columns=(),
        items=None,
        cursor=None,
        limit=None,
        missing=missing,
        location=None,
    )


def _one(one: One, columns: tuple[Column, ...], index: int) -> Answer:
    return Answer(
        kind="one",
        statement=index,
        status=one.status,
        columns=columns,
        items=None,
        cursor=None,
        limit=None,
        missing=one.missing,
        location=one.location,
    )


def _many(route: Route, many: Many, columns: tuple[Column, ...], index: int) -> Answer:
    query = route.params.model_fields if route.params else {}
    going_on = next((name for name in ("before", "after") if name in query), None)
    return Answer(
        kind="many",
        statement=index,
        status=200,
        columns=columns,
        items=many.row.many,
        cursor=Cursor(query=going_on, column=many.cursor) if going_on else None,
        limit="limit" if "limit" in query else None,
        missing=None,
        location=None,
    )


def _columns_refused(route: Route, model: str, wanted: list[str], given: tuple[str, ...]) -> list[Mistake]:
    missing = [name for name in wanted if name not in given]
    extra = [name for name in given if name not in wanted]
    gives = f"it gives {', '.join(given) or 'none'}"
    return [
        *(
            refuse(route, f"{model}.{name} is no column of the SQL", f"Select it as {name}: {gives}")
            for name in missing
        ),
        *(
            refuse(route, f"the SQL's column {name} is no field of {model}", "Leave it out, or declare it")
            for name in extra
        ),
    ]


def _repeatable(answer: Statement) -> Statement:
    """The answer's statement, with what the key's first request was given instead of what was made now."""
    repeated = [arg for arg in answer.args if arg.name in FIRST]
    if not repeated:
        return answer
    others = [arg for arg in answer.args if arg.name not in {*FIRST, *KEY}]
    return Statement(sql=with_parameters(answer.sql, FIRST), args=(*others, *KEY.values()))
