"""The way to the database: one trip, bound values, and what a client sees when it breaks."""

import json
import time
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from tests.support.gate import Answer, Gate, Trouble
from tests.support.notes import insert_notes, note_id
from tests.support.process import until
from tests.support.services import Keys
from tests.support.sqld import Sqld
from tests.support.workerd import Edge
from tests.unit.edge.conftest import ProblemCheck, cookie

DEADLINE = 5.0


@pytest.mark.parametrize(
    ("method", "path", "body", "trips"),
    [
        ("GET", "/api/notes", None, 1),
        ("GET", "/api/notes?workspace=harbour&limit=3", None, 1),
        ("HEAD", "/api/notes", None, 1),
        ("GET", f"/api/notes/{note_id(1)}", None, 1),
        ("POST", "/api/notes", {"title": "x", "body": ""}, 1),
        ("GET", "/api/notes?limit=0", None, 0),
        ("GET", "/api/notes/1", None, 0),
        ("POST", "/api/notes", {"title": ""}, 0),
        ("OPTIONS", "/api/notes", None, 0),
        ("GET", "/", None, 0),
    ],
)
def test_a_call_is_at_most_one_trip(
    ada: httpx.Client, gate: Gate, method: str, path: str, body: object, trips: int
) -> None:
    with gate.counted() as passed:
        ada.request(method, path, json=body)
    assert len(passed) == trips


def test_values_are_bound_and_never_part_of_the_sql(ada: httpx.Client, gate: Gate) -> None:
    with gate.counted() as passed:
        ada.post("/api/notes", json={"title": "needle", "body": "needle", "workspace": "needle"})
        ada.get("/api/notes?workspace=needle&limit=77")
    (write, read) = [json.loads(request.body)["requests"] for request in passed]
    steps = [step["stmt"] for step in write[0]["batch"]["steps"]]
    assert [stmt["sql"].split()[0] for stmt in steps] == ["begin", "insert", "select", "commit", "rollback"]
    assert write[1] == read[1] == {"type": "close"}
    for statement in (steps[1], read[0]["stmt"]):
        assert not [value for value in ("needle", "77", "78") if value in statement["sql"]]
        assert "needle" in json.dumps(statement["named_args"])


def test_the_token_goes_to_the_databases_host_only_in_its_header(
    client: httpx.Client, gate: Gate, database: Sqld
) -> None:
    with gate.counted() as passed:
        client.get("/api/notes")
    (request,) = passed
    assert request.path == "/v2/pipeline"
    assert request.headers["host"] == "notes-shoreline.turso.localhost"
    assert request.headers["authorization"] == f"Bearer {database.token}"
    assert database.token.encode() not in request.body


def pipeline_error(code: str) -> Answer:
    error = {"message": f"{code}: near secret_table", "code": code}
    return Answer(200, json.dumps({"baton": None, "results": [{"type": "error", "error": error}]}).encode())


BUSY = pipeline_error("SQLITE_BUSY")
TOO_MANY = Answer(429, b"secret_table")


@pytest.mark.parametrize(
    ("trouble", "status"),
    [
        ("drops", 503),
        (Answer(503, b"secret_table overloaded"), 503),
        (Answer(500, b"secret_table broke"), 503),
        (TOO_MANY, 503),
        (BUSY, 503),
        (pipeline_error("BLOCKED"), 503),
        (pipeline_error("SQLITE_CORRUPT"), 500),
        (pipeline_error("SQL_PARSE_ERROR"), 500),
        (Answer(401, b"secret_table"), 500),
        (Answer(404, b"secret_table"), 502),
        (Answer(302, b"", {"location": "http://elsewhere.example/secret_table"}), 502),
        (Answer(200, b"<html>secret_table"), 502),
        (Answer(200, b"{}"), 502),
        (Answer(200, b'{"results": []}'), 502),
        (Answer(200, b'{"results": [{"type": "ok", "response": {"result": {"cols": [], "rows": 1}}}]}'), 502),
        (Answer(200, b"null"), 502),
    ],
)
def test_a_broken_database_is_a_clear_problem_without_internals(
    worker: Edge,
    client: httpx.Client,
    gate: Gate,
    database: Sqld,
    problem: ProblemCheck,
    trouble: Trouble,
    status: int,
) -> None:
    with gate.trouble(trouble), gate.counted() as passed:
        response = client.get("/api/notes")
    problem(response, status)
    assert (response.headers.get("retry-after") == "5") == (status == 503)
    assert (len(passed) > 2) == (trouble in (BUSY, TOO_MANY))
    whole = response.text + str(response.headers)
    assert not [word for word in ("secret_table", database.token, "turso", "SQL", "    at ") if word in whole]
    line = worker.logged(response.headers["x-request-id"])
    assert line["status"] == status
    assert str(line["failure"]).startswith("database ")
    assert database.token not in worker.log.read_text("utf-8")
    assert client.get("/api/notes?limit=1").status_code == 200


@pytest.mark.parametrize(("rollback", "sent"), [("done", 2), ("failed", 1)])
def test_a_transaction_is_sent_again_only_where_it_was_rolled_back(
    ada: httpx.Client, gate: Gate, rollback: str, sent: int
) -> None:
    done, busy = {"cols": [], "rows": [], "affected_row_count": 0}, {"message": "", "code": "SQLITE_BUSY"}
    result = {
        "step_results": [done, done, done, None, done if rollback == "done" else None],
        "step_errors": [None, None, None, busy, None if rollback == "done" else busy],
    }
    results = [{"type": "ok", "response": {"type": "batch", "result": result}}]
    answer = Answer(200, json.dumps({"baton": None, "results": results}).encode())
    with gate.counted() as passed, ThreadPoolExecutor(1) as pool:
        with gate.trouble(answer):
            response = pool.submit(ada.post, "/api/notes", json={"title": "busy", "body": ""})
            until(lambda: len(passed) >= sent)
        assert response.result().status_code == (201 if rollback == "done" else 503)
    assert (len(passed) > 1) == (rollback == "done")


@pytest.mark.parametrize("trouble", ["hangs", "stalls"])
def test_a_slow_database_is_given_up_at_the_deadline(
    ada: httpx.Client, gate: Gate, problem: ProblemCheck, trouble: Trouble
) -> None:
    def timed(method: str) -> tuple[httpx.Response, float]:
        started = time.monotonic()
        body = {"title": "x", "body": ""} if method == "POST" else None
        return ada.request(method, "/api/notes", json=body), time.monotonic() - started

    with gate.trouble(trouble), ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(timed, ["GET", "POST"]))
    for response, seconds in answers:
        problem(response, 503)
        assert response.headers["retry-after"] == "5"
        assert DEADLINE - 0.1 <= seconds < DEADLINE + 2
    assert ada.get("/api/notes?limit=1").status_code == 200


def test_a_token_that_may_only_read_reads_and_cannot_write(
    readonly_worker: Edge, database: Sqld, keys: Keys, problem: ProblemCheck, workspace: str
) -> None:
    (note,) = insert_notes(database, workspace, 1)
    assert httpx.get(f"{readonly_worker.url}/api/notes/{note.id}").status_code == 200
    url, note_of_ada = f"{readonly_worker.url}/api/notes", {"title": "x", "body": ""}
    document = problem(httpx.post(url, json=note_of_ada, headers=cookie(keys)), 500)
    assert document["detail"] == "The database refused the request."


def test_assets_need_no_database(client: httpx.Client, gate: Gate) -> None:
    with gate.trouble("drops"):
        assert client.get("/").status_code == 200


def call_cron(worker: Edge, scheduled: int) -> httpx.Response:
    return httpx.get(worker.cron, params={"cron": "*/5 * * * *", "time": str(scheduled)}, timeout=20)


def cron_line(worker: Edge, scheduled: int) -> dict[str, object]:
    (line,) = [line for line in worker.lines() if line.get("scheduled") == scheduled]
    return line


def test_the_cron_reports_the_newest_note_by_reading_one_row(
    worker: Edge, ada: httpx.Client, gate: Gate
) -> None:
    created = ada.post("/api/notes", json={"title": "x", "body": ""}).json()["created"]
    with gate.counted() as passed:
        assert call_cron(worker, created + 1234).json() == {"outcome": "ok"}
    assert len(passed) == 1
    line = cron_line(worker, created + 1234)
    assert (line["event"], line["cron"], line["ok"]) == ("cron", "*/5 * * * *", True)
    assert line["newestAgeMs"] == 1234


def test_the_cron_fails_where_the_database_does(worker: Edge, gate: Gate) -> None:
    with gate.trouble("drops"):
        assert call_cron(worker, 77).json() == {"outcome": "exception"}
    assert cron_line(worker, 77)["ok"] is False
