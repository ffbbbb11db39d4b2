"""The statistics, counted anew here from the rows."""

from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest

from services.api.statistics import WEEK_MS, WEEKS
from services.common.identity import Identity
from tests.support.notes import INSERT, Note, note_id
from tests.support.problem import check_problem
from tests.unit.api.conftest import Api

if TYPE_CHECKING:
    import httpx

FIRST_WEEK = 2900
BODY = "tide ⚓"
OFTEN = [5, 1, 0, 0, 0, 3, 2, 2, 0, 7, 1, 4]
"""Notes a week: with gaps, and more weeks than are told."""


@pytest.fixture(scope="module")
def workspace(api: Api) -> str:
    notes = []
    for week, count in enumerate(OFTEN):
        for number in range(count):
            created = (FIRST_WEEK + week) * WEEK_MS + number
            notes.append(Note(note_id(created, week), "often", "T", BODY, created, created))
    notes.append(Note(note_id(1), "once", "T", "", FIRST_WEEK * WEEK_MS, 1))
    api.database.execute_all([(INSERT, vars(note)) for note in notes])
    return "often"


def read(api: Api, ada: Identity, query: str = "") -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = api.door.ask("GET", f"/api/statistics{query}", ada).json()["workspaces"]
    return found


def test_a_workspace_is_counted(api: Api, ada: Identity, workspace: str) -> None:
    [told] = read(api, ada, f"?workspace={workspace}")
    size = len(BODY.encode())
    assert (told["notes"], told["bytes"], told["largest"]) == (sum(OFTEN), sum(OFTEN) * size, size)
    assert told["busiest"] == {"start": (FIRST_WEEK + OFTEN.index(max(OFTEN))) * WEEK_MS, "notes": max(OFTEN)}
    assert told["share"] == 1


def test_the_latest_weeks_run_up_and_average_over_the_gaps(api: Api, ada: Identity, workspace: str) -> None:
    [told] = read(api, ada, f"?workspace={workspace}")
    expected = [
        {
            "start": (FIRST_WEEK + week) * WEEK_MS,
            "notes": count,
            "running": sum(OFTEN[: week + 1]),
            "average": sum(OFTEN[max(0, week - 3) : week + 1]) / 4,
        }
        for week, count in enumerate(OFTEN)
        if count > 0
    ]
    assert told["weeks"] == expected[-WEEKS:]


def test_all_workspaces_come_largest_first_with_their_shares(api: Api, ada: Identity, workspace: str) -> None:
    told = read(api, ada)
    counted = Counter({each["workspace"]: each["notes"] for each in told})
    assert counted[workspace] == sum(OFTEN)
    assert counted["once"] == 1
    assert [each["notes"] for each in told] == sorted(counted.values(), reverse=True)
    assert sum(each["share"] for each in told) == pytest.approx(1)


@pytest.mark.parametrize(
    ("query", "path"),
    [
        ("?workspace=Not+A+Name", "query/workspace"),
        ("?workspace=a%0A", "query/workspace"),
        ("?workspace=", "query/workspace"),
        ("?workspace=a&workspace=b", "query/workspace"),
        ("?limit=1", "query/limit"),
    ],
)
def test_a_query_that_makes_no_sense_is_refused(api: Api, ada: Identity, query: str, path: str) -> None:
    document = check_problem(api.door.ask("GET", f"/api/statistics{query}", ada), 400)
    errors = document["errors"]
    assert isinstance(errors, list)
    assert [error["path"] for error in errors] == [path]


def test_one_query_is_one_trip(api: Api, ada: Identity) -> None:
    with api.gate.counted() as passed:
        response = api.door.ask("GET", "/api/statistics", ada)
    assert len(passed) == 1
    assert passed[0].headers["host"] == "notes-shoreline.turso.localhost"
    line = api.door.service.logged(id=response.headers["x-request-id"])
    assert line["route"] == "GET /api/statistics"
    assert line["database"]["rowsRead"] > 0
    assert "db;dur=" in response.headers["server-timing"]
    assert response.headers["server-timing"].split(", ")[-1].startswith("api;dur=")


def test_a_database_that_does_not_answer_is_told_without_internals(api: Api, ada: Identity) -> None:
    with api.gate.trouble("drops"):
        response: httpx.Response = api.door.ask("GET", "/api/statistics", ada)
    check_problem(response, 503)
    assert response.headers["retry-after"] == "5"
    line = api.door.service.logged(id=response.headers["x-request-id"])
    assert str(line["failure"]).startswith("database unavailable")
    assert api.database.token not in api.door.service.log.read_text("utf-8")
