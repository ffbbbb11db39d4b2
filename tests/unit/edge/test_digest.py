"""The digest as the edge reads it from the database."""

import httpx

from tests.support.gate import Gate
from tests.support.sqld import Sqld, Value

INSERT = "insert into digest values (:workspace, :notes, :recent, 'id', :title, 9, 1000, :refreshed)"


def test_the_digest_is_one_trip_and_largest_first(client: httpx.Client, gate: Gate, database: Sqld) -> None:
    database.execute("delete from digest")
    empty = client.get("/api/digest").json()
    assert empty == {"counted": None, "refreshed": None, "workspaces": []}
    for workspace, notes, refreshed in (("b", 1, 2000), ("a", 1, 1900), ("c", 7, 1900)):
        values: dict[str, Value] = {
            "workspace": workspace,
            "notes": notes,
            "recent": 0,
            "title": f"T {workspace}",
            "refreshed": refreshed,
        }
        database.execute(INSERT, values)
    with gate.counted() as passed:
        told = client.get("/api/digest").json()
    assert len(passed) == 1
    assert (told["counted"], told["refreshed"]) == (1000, 2000)
    assert [each["workspace"] for each in told["workspaces"]] == ["c", "a", "b"]
    newest = {"id": "id", "title": "T c"}
    assert told["workspaces"][0] == {"workspace": "c", "notes": 7, "recent": 0, "newest": newest}
