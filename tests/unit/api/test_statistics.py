"""The statistics, counted anew here from the rows."""

from typing import TYPE_CHECKING, Any

import pytest

from services.api.handlers.statistics import WEEK_MS, WEEKS
from services.common.identity import Identity
from tests.support.notes import INSERT, Note, insert_workspace, note_id
from tests.support.problem import check_problem
from tests.unit.api.conftest import Api

if TYPE_CHECKING:
    import httpx

FIRST_WEEK = 2900
BODY = "tide ⚓"
OFTEN = [5, 1, 0, 0, 0, 3, 2, 2, 0, 7, 1, 4]
"""Notes a week: with gaps, and more weeks than are told."""
MEMBER = Identity(user="m-1", name="Ada", ws={"often": "viewer", "never": "viewer"})


@pytest.fixture(scope="module", autouse=True)
def workspaces(api: Api) -> None:
    insert_workspace(api.database, "often", open=False)
    notes = []
    for week, count in enumerate(OFTEN):
        for number in range(count):
            created = (FIRST_WEEK + week) * WEEK_MS + number
            notes.append(Note(note_id(created, week), "often", "T", BODY, created, created))
    notes.append(Note(note_id(1), "once", "T", "", FIRST_WEEK * WEEK_MS, 1))
    api.database.execute_all([(INSERT, vars(note)) for note in notes])


def read(api: Api, workspace: str) -> dict[str, Any]:
    told: dict[str, Any] = api.door.ask("GET", f"/api/workspaces/{workspace}/statistics", MEMBER).json()
    return told


def test_a_workspace_is_counted(api: Api) -> None:
    told, size = read(api, "often"), len(BODY.encode())
    assert (told["notes"], told["bytes"], told["largest"]) == (sum(OFTEN), sum(OFTEN) * size, size)
    assert told["busiest"] == {"start": (FIRST_WEEK + OFTEN.index(max(OFTEN))) * WEEK_MS, "notes": max(OFTEN)}


def test_the_latest_weeks_run_up_and_average_over_the_gaps(api: Api) -> None:
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
    assert read(api, "often")["weeks"] == expected[-WEEKS:]


def test_an_empty_workspace_is_counted_too(api: Api) -> None:
    told = read(api, "never")
    assert told.pop("counted") > 0
    empty: dict[str, Any] = {"notes": 0, "bytes": 0, "largest": 0, "busiest": None, "weeks": []}
    assert told == {"workspace": "never", **empty}


def test_one_query_is_one_trip(api: Api) -> None:
    with api.gate.counted() as passed:
        response = api.door.ask("GET", "/api/workspaces/often/statistics", MEMBER)
    assert len(passed) == 1
    assert passed[0].headers["host"] == "notes-shoreline.turso.localhost"
    line = api.door.service.logged(id=response.headers["x-request-id"])
    assert line["route"] == "GET /api/workspaces/{workspace}/statistics"
    assert line["database"]["rowsRead"] > 0
    assert "db;dur=" in response.headers["server-timing"]
    assert response.headers["server-timing"].split(", ")[-1].startswith("api;dur=")


def test_a_database_that_does_not_answer_is_told_without_internals(api: Api) -> None:
    with api.gate.trouble("drops"):
        response: httpx.Response = api.door.ask("GET", "/api/workspaces/often/statistics", MEMBER)
    check_problem(response, 503)
    assert response.headers["retry-after"] == "5"
    line = api.door.service.logged(id=response.headers["x-request-id"])
    assert str(line["failure"]).startswith("database unavailable")
    assert api.database.token not in api.door.service.log.read_text("utf-8")
