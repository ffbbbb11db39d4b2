"""The way to the database: Hrana over HTTP, one pipeline and one deadline per call.

The pipeline is sent again only where it did nothing (busy.py).

Source: libsql docs/HTTP_V2_SPEC.md; rows_read is libsql-server's addition.
The edge's twins: hrana.ts and database.ts in services/edge/src/execute.
"""

import asyncio
import base64
import json
import time
from collections.abc import Mapping, Sequence
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any, Literal

import aiohttp

from services.common.busy import nothing_was_done, pauses
from services.settings import DatabaseSettings

Value = int | float | str | None
"""A blob comes as base64."""
Argument = Value | bytes
Row = Mapping[str, Value]

DEADLINE_SECONDS = 8.0
KEEP_ALIVE_SECONDS = 5.0
"""Shorter than any server keeps an idle connection, so that none is used as it is closed."""
CONNECTIONS = 64

Kind = Literal["unavailable", "unexpected", "refused"]
"""unavailable: no answer in time, or a request to come back; unexpected: an answer outside the protocol;
refused: it understood and said no: our token, or our SQL."""


@dataclass(eq=False)
class DatabaseFailure(Exception):
    """`message` is for the log: it may name tables, never values. `code` is the database's own."""

    kind: Kind
    message: str
    code: str | None = None

    @property
    def is_constraint(self) -> bool:
        """Whether a constraint of the schema forbids the write."""
        return (self.code or "").startswith("SQLITE_CONSTRAINT")


@dataclass(frozen=True)
class Statement:
    """SQL with the values of its `:name` parameters."""

    sql: str
    args: Mapping[str, Argument]


@dataclass(frozen=True)
class Result:
    """A statement's rows by column name, and how many rows it changed and read."""

    rows: Sequence[Row]
    changed: int
    rows_read: int


@dataclass
class Trips:
    """What the database took within one request, for its log line."""

    ms: float = 0.0
    rows_read: int = 0
    count: int = 0


trips: ContextVar[Trips | None] = ContextVar("trips", default=None)


class Database:
    """One database, for all tasks of the event loop that it is made in. Every call raises DatabaseFailure."""

    def __init__(self, settings: DatabaseSettings) -> None:
        self._url = f"{settings.database_origin}/v2/pipeline"
        self._http = aiohttp.ClientSession(
            headers={
                "host": settings.database_host,
                "authorization": f"Bearer {settings.database_token}",
                "content-type": "application/json",
            },
            connector=aiohttp.TCPConnector(limit=CONNECTIONS, keepalive_timeout=KEEP_ALIVE_SECONDS),
            cookie_jar=aiohttp.DummyCookieJar(),
        )

    async def close(self) -> None:
        await self._http.close()

    async def execute(self, sql: str, args: Mapping[str, Argument] | None = None) -> Result:
        """Runs one statement."""
        return _result(await self.execute_encoded(_statement(Statement(sql, args or {}))))

    async def transaction(
        self, statements: Sequence[Statement], begin: str = "begin immediate"
    ) -> Sequence[Result]:
        """Runs the statements in one transaction, in one request: all of them or none."""
        results, errors = await self.batch(
            transaction_steps([_statement(each) for each in statements], begin)
        )
        failed = next((error for error in errors if error), None)
        if failed is not None:
            raise refusal(failed)
        return [_result(result) for result in results[1 : len(statements) + 1]]

    async def snapshot(self, statements: Sequence[Statement]) -> Sequence[Result]:
        """Runs statements that only read, on the same state of the database; no writer waits for them."""
        return await self.transaction(statements, "begin")

    async def execute_encoded(self, statement: Mapping[str, Any]) -> Any:
        """The result of one statement, both as Hrana writes them."""
        return await self._ask({"type": "execute", "stmt": statement})

    async def batch(self, steps: Sequence[Mapping[str, Any]]) -> tuple[list[Any], list[Any]]:
        """Results and errors of the steps, as Hrana writes them: None where a step has none."""
        answer = await self._ask({"type": "batch", "batch": {"steps": steps}})
        try:
            results, errors = answer["step_results"], answer["step_errors"]
        except (KeyError, TypeError):
            raise DatabaseFailure("unexpected", "the answer is not a batch's") from None
        lists = isinstance(results, list) and isinstance(errors, list)
        if not (lists and len(results) == len(errors) == len(steps)):
            raise DatabaseFailure("unexpected", "the answer is not a batch's")
        return results, errors

    async def _ask(self, request: Mapping[str, Any]) -> Any:
        started = time.perf_counter()
        results: list[Any] = []
        try:
            results = await self._send({"requests": [request, {"type": "close"}]})
            return _accepted(results)
        finally:
            if (taken := trips.get()) is not None:
                taken.ms += (time.perf_counter() - started) * 1000
                taken.rows_read += _rows_read(results)
                taken.count += 1

    async def _send(self, body: Mapping[str, Any]) -> list[Any]:
        data = json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()
        deadline = time.monotonic() + DEADLINE_SECONDS
        status, text = await self._post(data, deadline)
        for pause in pauses(deadline):
            if not nothing_was_done(status, text):
                break
            await asyncio.sleep(pause)
            status, text = await self._post(data, deadline)
        if status != 200:
            raise DatabaseFailure(_kind_of_status(status), f"HTTP {status}")
        try:
            results: list[Any] = json.loads(text)["results"]
        except (ValueError, KeyError, TypeError):
            raise DatabaseFailure("unexpected", "the answer is not a pipeline's") from None
        return results

    async def _post(self, data: bytes, deadline: float) -> tuple[int, bytes]:
        timeout = aiohttp.ClientTimeout(total=max(deadline - time.monotonic(), 0.001))
        try:
            # Following a redirect would carry the token to another host.
            async with self._http.post(
                self._url, data=data, allow_redirects=False, timeout=timeout
            ) as response:
                return response.status, await response.read()
        except TimeoutError:
            raise DatabaseFailure("unavailable", f"no answer in {DEADLINE_SECONDS:g} s") from None
        except aiohttp.ClientError as error:
            raise DatabaseFailure("unavailable", f"{type(error).__name__}: {error}") from None


def transaction_steps(
    statements: Sequence[Mapping[str, Any]], begin: str = "begin immediate"
) -> list[dict[str, Any]]:
    """The steps of a batch that runs all of the statements or none; the first one's result is at index 1."""
    steps: list[dict[str, Any]] = [{"stmt": {"sql": begin}}]
    for number, statement in enumerate([*statements, {"sql": "commit"}]):
        steps.append({"stmt": statement, "condition": {"type": "ok", "step": number}})
    return [*steps, rollback_step(len(steps) - 1)]


def rollback_step(commit: int) -> dict[str, Any]:
    """The last step of a transaction, whose begin is step 0."""
    open_still = [{"type": "ok", "step": 0}, {"type": "not", "cond": {"type": "ok", "step": commit}}]
    return {"stmt": {"sql": "rollback"}, "condition": {"type": "and", "conds": open_still}}


def _statement(statement: Statement) -> dict[str, Any]:
    named = [{"name": name, "value": _encoded(value)} for name, value in statement.args.items()]
    return {"sql": statement.sql, "named_args": named}


def _encoded(value: Argument) -> dict[str, Any]:
    match value:
        case None:
            return {"type": "null"}
        case int():
            return {"type": "integer", "value": str(value)}
        case float():
            return {"type": "float", "value": value}
        case str():
            return {"type": "text", "value": value}
        case bytes():
            return {"type": "blob", "base64": base64.b64encode(value).decode()}


def _decoded(cell: Any) -> Value:
    match cell["type"]:
        case "null":
            return None
        case "integer":
            return int(cell["value"])
        case "float":
            return float(cell["value"])
        case "blob":
            return str(cell["base64"])
        case _:
            return str(cell["value"])


def _result(answer: Any) -> Result:
    try:
        names = [column["name"] for column in answer["cols"]]
        rows = [dict(zip(names, map(_decoded, row), strict=True)) for row in answer["rows"]]
        return Result(rows, int(answer["affected_row_count"]), int(answer.get("rows_read") or 0))
    except (KeyError, TypeError, ValueError):
        raise DatabaseFailure("unexpected", "the answer is not a result") from None


def _accepted(results: list[Any]) -> Any:
    try:
        answer = results[0]
        if answer["type"] == "error":
            raise refusal(answer["error"])
        return answer["response"]["result"]
    except (LookupError, TypeError):
        raise DatabaseFailure("unexpected", "the answer is not a pipeline's") from None


def refusal(error: Mapping[str, Any]) -> DatabaseFailure:
    """What the database said instead of a result."""
    code = str(error.get("code") or "UNKNOWN")
    # A full disk is an I/O error to libsql-server (2026-11-26).
    passing = code.startswith(("SQLITE_BUSY", "SQLITE_FULL", "SQLITE_IOERR")) or code == "BLOCKED"
    kind: Kind = "unavailable" if passing else "refused"
    return DatabaseFailure(kind, f"{code}: {error.get('message')}", code)


def _kind_of_status(status: int) -> Kind:
    if status == 429 or status >= 500:
        return "unavailable"
    return "refused" if status in (401, 403) else "unexpected"


def _rows_read(results: list[Any]) -> int:
    try:
        result = results[0]["response"]["result"]
        steps = result.get("step_results", [result])
        return sum(int(step.get("rows_read") or 0) for step in steps if step)
    except (LookupError, TypeError, ValueError, AttributeError):
        # What is wrong with the answer is told elsewhere.
        return 0
