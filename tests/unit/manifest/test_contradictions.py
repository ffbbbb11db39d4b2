"""A declaration that contradicts itself is refused: the exact words of each."""

from typing import Any

import pytest

from infra.routes.route import (
    Budgets,
    Cache,
    Content,
    Handler,
    Many,
    Member,
    Nothing,
    One,
    Public,
    RateLimit,
    Route,
    Session,
)
from tests.unit.manifest.declarations import LIST, READ, WRITE, Pages, Thing, Titled, said

AT_EDGE = Handler("draw", on="edge")
ON_SERVER = Handler("count", on="server")


def read(pattern: str = "GET /api/things/{note}", **changes: Any) -> Route:
    given: dict[str, Any] = {
        "tier": "edge",
        "access": Session(),
        "sql": READ,
        "returns": One(Thing, missing="No."),
    }
    return Route(pattern, **given | changes)


def write(pattern: str = "PUT /api/things/{note}", **changes: Any) -> Route:
    given = {"sql": WRITE, "returns": Nothing(missing="No."), "body": Titled}
    return read(pattern, **given | changes)


def by_hand(handler: Handler, pattern: str = "GET /api/things", **changes: Any) -> Route:
    return read(
        pattern, **{"sql": None, "returns": One(Thing), "handler": handler, "tier": handler.on} | changes
    )


CASES: list[tuple[Route, str]] = [
    (read("FETCH /api/things/{note}"), "FETCH is no method. Use one of GET, POST, PUT, PATCH, DELETE."),
    (read("GET api/things/{note}"), "'api/things/{note}' is no path. Write METHOD /path."),
    (
        read("GET /api/things/{note}/"),
        (
            "the segment '' can't be matched the same way on both tiers."
            " Use letters, digits and . _ ~ -, or one {parameter}."
        ),
    ),
    (
        read("GET /api/things/{note:int}"),
        (
            "the segment '{note:int}' can't be matched the same way on both tiers."
            " Use letters, digits and . _ ~ -, or one {parameter}."
        ),
    ),
    (
        read("GET /api/{note}/{note}"),
        "the path names {note} twice. Give each parameter its own name.",
    ),
    (
        read("GET /api/{unheard_of}", sql="select id from notes where id = :unheard_of"),
        (
            "the path's {unheard_of} has no type."
            " Add unheard_of to PATH in infra/routes/fields.py, or give the route path=MODEL."
        ),
    ),
    (
        by_hand(AT_EDGE, sql="select 1 as id", returns=Many(Thing)),
        "it has both SQL and a handler. Leave out one of them.",
    ),
    (read(sql=None, returns=None), "nothing is declared to run. Add sql=... or handler=...."),
    (
        read(returns=None),
        "its SQL returns nothing that is declared. Add returns=One(...), Many(...) or Nothing().",
    ),
    (
        by_hand(AT_EDGE, returns=None),
        "what its handler answers is not declared. Add returns=..., and problems=... where it refuses.",
    ),
    (
        read(problems=(410,)),
        "SQL reads JSON, and refuses what its answer says. Leave out takes, headers and problems.",
    ),
    (
        read(returns=Content("text/plain")),
        "SQL answers JSON, or nothing with 204. Use One(...), Many(...) or Nothing().",
    ),
    (
        by_hand(AT_EDGE, returns=One(Thing, missing="No.")),
        "a handler says itself what is wrong. Leave out conflict and missing, and add problems=....",
    ),
    (
        read("GET /ws", tier="realtime", sql="select id from notes", returns=Many(Thing)),
        'the tier realtime runs no SQL and no handler. Leave them out, or use tier="server".',
    ),
    (
        by_hand(AT_EDGE, tier="server"),
        'the handler draw is on the edge only. Use tier="edge", or write it in SQL.',
    ),
    (
        by_hand(ON_SERVER, tier="edge"),
        'the handler count is on the server only. Use tier="server", or write it in SQL.',
    ),
    (
        by_hand(AT_EDGE, rollout=25),
        "the handler draw is on the edge only, so no server answers the other 75 %. Leave out rollout.",
    ),
    (
        by_hand(AT_EDGE, shadow=True),
        "the handler draw is on the edge only, so there is nothing to compare. Leave out shadow.",
    ),
    (
        by_hand(AT_EDGE, fallback=True),
        "the handler draw is on the edge only, so no server can answer instead. Leave out fallback.",
    ),
    (read(rollout=101), "rollout=101 is no percentage. Use 0 to 100."),
    (
        read(sticky="user"),
        "sticky without rollout keeps nobody anywhere. Add rollout=..., or leave out sticky.",
    ),
    (
        read(access=Public(), rollout=5, sticky="user"),
        'a public route knows no user to be sticky by. Use sticky="address".',
    ),
    (
        read(tier="server", rollout=5),
        'rollout=5 on tier="server": the edge answers none of it. Leave out rollout, or use tier="edge".',
    ),
    (
        read(tier="server", fallback=True),
        'fallback on tier="server", which is not the edge. Leave out fallback.',
    ),
    (write(shadow=True), "shadow on PUT: it would write twice. Leave out shadow."),
    (
        by_hand(ON_SERVER, shadow=True),
        "only SQL runs on both tiers, to be compared. Leave out shadow.",
    ),
    (
        write(fallback=True),
        (
            "fallback on PUT: after a failure nobody knows whether it was done already."
            " Leave out fallback, or add idempotent=True."
        ),
    ),
    (
        write(cache=Cache(seconds=5)),
        "cache on PUT: a write's answer is nobody else's. Leave out cache.",
    ),
    (
        read(cache=Cache(seconds=0)),
        "the cache keeps nothing. Use seconds of at least 1 and stale of at least 0.",
    ),
    (
        read(cache=Cache(seconds=5), sql=f"{READ} and title = :caller_name"),
        'the cache would give one caller\'s answer to another. Add "caller" to vary.',
    ),
    (
        by_hand(ON_SERVER, cache=Cache(seconds=5)),
        'the cache would give one caller\'s answer to another. Add "caller" to vary.',
    ),
    (
        read(access=Public(), cache=Cache(seconds=5, vary=("caller",))),
        "the cache of a public route knows no caller to vary by. Leave it out of vary.",
    ),
    (
        read(access=Public(), sql=f"{READ} and title = :caller"),
        "a public route has no :caller. Use access=Session(), or leave the parameter out.",
    ),
    (
        read(idempotent=True),
        "idempotent on GET, which may be repeated anyway. Leave out idempotent.",
    ),
    (
        by_hand(ON_SERVER, "POST /api/things", idempotent=True),
        "idempotent needs SQL: what a handler does is not one transaction. Leave out idempotent.",
    ),
    (
        write("POST /api/things/{note}", access=Public(), idempotent=True, sql=(WRITE, READ)),
        "an idempotency key belongs to a user, and a public route has none. Use access=Session().",
    ),
    (
        read("DELETE /api/things/{note}", body=Titled, sql=WRITE, returns=Nothing()),
        "a body on DELETE. Use one of POST, PUT, PATCH, or move it to params.",
    ),
    (
        read(invalidates=("notes",)),
        "invalidates on GET, which changes nothing. Leave out invalidates.",
    ),
    (
        read(conflict="There is one."),
        "conflict on GET, which breaks no constraint. Leave out conflict.",
    ),
    (
        read(access=Member("workspace")),
        "the path has no {workspace}, of which one must be a member. Add it to the path, or use one of note.",
    ),
    (
        read(rate_limits=(RateLimit("none", limit=0, seconds=60, per="user"),)),
        "the rate limit none lets nothing through. Use at least 1 in at least 1 second.",
    ),
    (
        read(access=Public(), rate_limits=(RateLimit("some", limit=1, seconds=60, per="user"),)),
        'the rate limit some is per user, and a public route has none. Use per="address".',
    ),
    (
        by_hand(ON_SERVER, budgets=Budgets(rows_read=10)),
        "budgets.rows_read is for SQL, and at least 1. Leave it out, or correct it.",
    ),
    (
        write(budgets=Budgets(body=0)),
        "budgets.body leaves room for no body. Use at least 1 byte.",
    ),
    (
        read("GET /api/things", sql=LIST, params=Pages, returns=Many(Thing, cursor="created")),
        "the cursor created is no field of Thing, so nobody could go on from it. Use one of id.",
    ),
    (
        write("POST /api/things/{note}", sql=(WRITE, READ), returns=One(Thing, location="/{id}")),
        "location with status 200. Use status=201.",
    ),
    (
        write("POST /api/things/{note}", sql=(WRITE, READ), returns=One(Thing, status=201, location="/{x}")),
        "location names {x}, which is no field of Thing. Correct it.",
    ),
]


@pytest.mark.parametrize(("route", "words"), CASES, ids=[words[:40] for _, words in CASES])
def test_it_is_refused_in_these_words(route: Route, words: str) -> None:
    assert words in said(route)


def test_what_does_not_contradict_itself_compiles() -> None:
    from infra.manifest.compile import compile_routes

    compile_routes({"read": read(), "write": write(), "by_hand": by_hand(AT_EDGE)})
