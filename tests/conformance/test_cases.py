"""The table of cases: both tiers answer with the same status, headers and bytes."""

import re
from dataclasses import replace

import pytest

from services.common.identity import Identity
from services.common.ids import new_id
from tests.conformance.table import CASES, CONDITIONS, IDEMPOTENCY, ROLES, THINGS_OF_EDITORS, Case, post
from tests.conformance.tiers import Answer, Asked, Tier, Tiers
from tests.support.sessions import token

WHO = Identity.model_validate({"user": new_id(), "name": 'Ada "Harbour" 😀', "ws": ROLES})

DIFFERENT = {
    "date": "the time of the answer",
    "server-timing": "what took how long, on which tier",
    "x-served-by": "it says which tier",
    "transfer-encoding": "how workerd frames the body, which is compared itself",
    "content-length": "how workerd frames the body, which is compared itself",
    "connection": "workerd closes it where it left some of the body unread",
}
"""Headers that need not be the same, and why."""

OF_THE_API = ("content-type", "cache-control", "etag", "location", "allow", "retry-after", "x-request-id")
"""Headers that the api itself gives; the edge adds others to every answer."""


def answer_of(tiers: Tiers, asked: Asked, case: Case) -> Answer:
    if case.before:
        tiers.database.execute_all(case.before)
    headers = [("x-request-id", "conformance"), *case.headers]
    if asked == "api":
        headers += tiers.vouched(case.method, case.target, WHO if case.session else None)
    elif case.session:
        headers.append(("cookie", f"session={token(tiers.keys.session, WHO.user, WHO.name, WHO.ws)}"))
    answer = tiers.ask(asked, case.method, case.target, headers, case.body)
    assert answer.headers["x-served-by"] in ("edge", "api")
    named = {name: value for name, value in answer.headers.items() if name not in DIFFERENT}
    answer = replace(answer, headers=named)
    return without_made(answer) if case.made else answer


def without_made(answer: Answer) -> Answer:
    """Without the ids and times that are new each time."""

    def plain(text: str) -> str:
        return re.sub(r"\b1[0-9]{12}\b", "<ms>", re.sub(r"[0-9a-f]{8}-[0-9a-f-]{27}", "<id>", text))

    headers = {name: plain(value) for name, value in answer.headers.items()}
    return Answer(answer.status, headers, plain(answer.body.decode()).encode())


def both(tiers: Tiers, case: Case) -> Answer:
    """What both tiers answer, and the api on its own: the edge refuses much before the api is asked."""
    edge, server = answer_of(tiers, "edge", case), answer_of(tiers, "server", case)
    assert (server.status, server.body) == (edge.status, edge.body)
    assert server.headers == edge.headers
    if not case.edge_only:
        api = answer_of(tiers, "api", case)
        assert (api.status, api.body) == (edge.status, edge.body)
        assert [api.headers.get(name) for name in OF_THE_API] == [
            edge.headers.get(name) for name in OF_THE_API
        ]
    return edge


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_both_tiers_answer_alike(tiers: Tiers, case: Case) -> None:
    answer = both(tiers, case)
    assert answer.status == case.status, answer.body
    if case.method == "HEAD" or answer.status in (204, 304):
        assert answer.body == b""
    if answer.status >= 400:
        assert answer.headers["cache-control"] == "no-store"


def test_each_tier_answers_its_own(tiers: Tiers) -> None:
    """Or nothing would be compared."""
    served = [
        tiers.ask(tier, "GET", "/api/conformance/things/literal", []).headers["x-served-by"]
        for tier in ("edge", "server")
    ]
    assert served == ["edge", "api"]


@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize(("condition", "status"), CONDITIONS)
def test_conditions_are_weighed_alike(tiers: Tiers, method: str, condition: str, status: int) -> None:
    case = Case("", method, "/api/conformance/things/literal", 200)
    etag = both(tiers, case).headers["etag"]
    asked = replace(case, headers=[("if-none-match", condition.replace("{etag}", etag))])
    answer = both(tiers, asked)
    assert answer.status == status
    assert answer.headers["etag"] == etag
    assert answer.headers["cache-control"] == "no-cache"
    assert ("content-type" in answer.headers) == (status == 200)


@pytest.mark.parametrize("first", ["edge", "server"])
def test_a_repeated_key_answers_with_what_the_first_made_on_either_tier(tiers: Tiers, first: Tier) -> None:
    case = post("", THINGS_OF_EDITORS, '{"label":"once"}', 201, ("idempotency-key", "again"))
    tiers.database.execute_all([("delete from things", {}), ("delete from idempotency", {})])
    made = answer_of(tiers, first, case)
    assert made.status == 201
    assert both(tiers, case) == made
    tiers.database.execute("update things set label = 'since'")
    assert b'"label":"since"' in both(tiers, case).body
    other = replace(case, body=b'{"label":"once" }')
    assert both(tiers, other).status == 422
    assert tiers.database.execute("select count(*) from things") == [["1"]]


def test_a_request_that_fails_keeps_no_key(tiers: Tiers) -> None:
    taken, free = b'{"label":"taken"}', b'{"label":"free"}'
    case = post("", THINGS_OF_EDITORS, taken, 409, ("idempotency-key", "later"))
    for tier in ("edge", "server"):
        tiers.database.execute_all(
            [
                ("delete from things", {}),
                ("delete from idempotency", {}),
                ("insert into things (id, workspace, label) values ('t', 'editors', 'taken')", {}),
            ]
        )
        assert answer_of(tiers, tier, case).status == 409
        assert answer_of(tiers, tier, replace(case, body=free)).status == 201


def test_the_table_has_no_name_twice() -> None:
    names = [case.name for case in CASES]
    assert len(names) == len(set(names))
    assert IDEMPOTENCY
