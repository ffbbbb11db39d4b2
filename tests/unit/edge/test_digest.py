"""The digest as the edge reads it from the database."""

import httpx

from tests.support.gate import Gate
from tests.support.sqld import Sqld, Value
from tests.unit.edge.conftest import new_workspace

INSERT = "insert into digest values (:workspace, :notes, 0, :id, :title, 9, 1000, 2000)"
NEWEST = "01a0c450-73d0-7000-8a08-9200102c18d4"


def test_the_digest_is_one_trip_of_the_open_workspaces_and_largest_first(
    client: httpx.Client, gate: Gate, database: Sqld
) -> None:
    database.execute("delete from digest")
    small, large, closed = (new_workspace(database, open=each) for each in (True, True, False))
    for workspace, notes in ((small, 1), (large, 7), (closed, 9)):
        values: dict[str, Value] = {"workspace": workspace, "notes": notes, "id": NEWEST}
        database.execute(INSERT, {**values, "title": f"T {workspace}"})
    with gate.counted() as passed:
        told = client.get("/api/digest").json()["workspaces"]
    assert len(passed) == 1
    assert [each["workspace"] for each in told] == [large, small]
    newest = {"newest": NEWEST, "title": f"T {large}"}
    times = {"counted": 1000, "refreshed": 2000}
    assert told[0] == {"workspace": large, "notes": 7, "recent": 0, **newest, **times}
