"""The way to the database: Hrana over HTTP, one pipeline and so one request per call, one deadline.

Source: libsql docs/HTTP_V2_SPEC.md; rows_read is libsql-server's addition.
The edge's twin: services/edge/src/hrana.ts.
"""

import asyncio
import time
from collections.abc import Mapping, Sequence
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any, Literal

import httpx

from services.settings import Settings

Value = int | float | str | None
Row = Mapping[str, Value]

DEADLINE_SECONDS = 8.0

Kind = Literal["unavailable", "unexpected", "refused"]
"""unavailable: no answer in time, or a request to come back; unexpected: an answer outside the protocol;
refused: it understood and said no: our token, or our SQL."""


@dataclass(eq=False)
class DatabaseFailure(Exception):
    """`message` is for the log: it may name tables, never values. `code` is the database's own."""

    kind: Kind
    message: str
    code: str | None = None


@dataclass(frozen=True)
class Statement:
    """SQL with the values of its `:name` parameters."""

    sql: str
    args: Mapping[str, Value]


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
    """One database; safe to share between tasks. Every call raises DatabaseFailure."""

    def __init__(self, settings: Settings) -> None:
        self._http = httpx.AsyncClient(
            base_url=settings.database_origin,
            headers={"host": settings.database_host, "authorization": f"Bearer {settings.database_token}"},
            timeout=DEADLINE_SECONDS,
            # Following a redirect would carry the token to another host.
            follow_redirects=False,
            trust_env=False,
        )

    async def close(self) -> None:
        await self._http.aclose()

    async def execute(self, sql: str, args: Mapping[str, Value] | None = None) -> Result:
        """Runs one statement."""
        [answer] = await self._pipeline([{"type": "execute", "stmt": _statement(Statement(sql, args or {}))}])
        return _result(_accepted(answer))

    async def transaction(self, statements: Sequence[Statement]) -> Sequence[Result]:
        """Runs the statements in one transaction, in one request: all of them or none."""
        begin, commit, rollback = (Statement(sql, {}) for sql in ("begin immediate", "commit", "rollback"))
        steps = [_step(begin, None)]
        for number, statement in enumerate([*statements, commit]):
            steps.append(_step(statement, {"type": "ok", "step": number}))
        committed = {"type": "ok", "step": len(steps) - 1}
        began = {"type": "ok", "step": 0}
        steps.append(_step(rollback, {"type": "and", "conds": [began, {"type": "not", "cond": committed}]}))
        [answer] = await self._pipeline([{"type": "batch", "batch": {"steps": steps}}])
        return _batch(_accepted(answer), len(statements))

    async def _pipeline(self, requests: list[dict[str, Any]]) -> list[Any]:
        started = time.perf_counter()
        results: list[Any] = []
        try:
            results = await self._send({"requests": [*requests, {"type": "close"}]})
            return results[: len(requests)]
        finally:
            if (taken := trips.get()) is not None:
                taken.ms += (time.perf_counter() - started) * 1000
                taken.rows_read += _rows_read(results)
                taken.count += 1

    async def _send(self, body: dict[str, Any]) -> list[Any]:
        try:
            async with asyncio.timeout(DEADLINE_SECONDS):
                response = await self._http.post("/v2/pipeline", json=body)
        except TimeoutError:
            raise DatabaseFailure("unavailable", f"no answer in {DEADLINE_SECONDS:g} s") from None
        except httpx.HTTPError as error:
            raise DatabaseFailure("unavailable", f"{type(error).__name__}: {error}") from None
        if response.status_code != 200:
            raise DatabaseFailure(_kind_of_status(response.status_code), f"HTTP {response.status_code}")
        try:
            results: list[Any] = response.json()["results"]
        except (ValueError, KeyError, TypeError):
            raise DatabaseFailure("unexpected", "the answer is not a pipeline's") from None
        return results


def _statement(statement: Statement) -> dict[str, Any]:
    named = [{"name": name, "value": _encoded(value)} for name, value in statement.args.items()]
    return {"sql": statement.sql, "named_args": named}


def _step(statement: Statement, condition: dict[str, Any] | None) -> dict[str, Any]:
    step: dict[str, Any] = {"stmt": _statement(statement)}
    return step if condition is None else step | {"condition": condition}


def _encoded(value: Value) -> dict[str, Any]:
    match value:
        case None:
            return {"type": "null"}
        case int():
            return {"type": "integer", "value": str(value)}
        case float():
            return {"type": "float", "value": value}
        case str():
            return {"type": "text", "value": value}


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


def _batch(answer: Any, count: int) -> list[Result]:
    try:
        results, errors = answer["step_results"], answer["step_errors"]
    except (KeyError, TypeError):
        raise DatabaseFailure("unexpected", "the answer is not a batch's") from None
    failed = next((error for error in errors if error), None)
    if failed is not None:
        raise _refusal(failed)
    return [_result(result) for result in results[1 : count + 1]]


def _accepted(answer: Any) -> Any:
    try:
        if answer["type"] == "error":
            raise _refusal(answer["error"])
        return answer["response"]["result"]
    except (KeyError, TypeError):
        raise DatabaseFailure("unexpected", "the answer is not a pipeline's") from None


def _refusal(error: Mapping[str, Any]) -> DatabaseFailure:
    code = str(error.get("code") or "UNKNOWN")
    kind: Kind = "unavailable" if code.startswith("SQLITE_BUSY") or code == "BLOCKED" else "refused"
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
