"""Hrana over HTTP: SQL to one database, one pipeline per call, sent again only where it did nothing.

Source: libsql's docs/HTTP_V2_SPEC.md; seen with sqld 0.24.32, 2026-11-23.
"""

import base64
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Annotated, Any, Literal

import httpx
from pydantic import BaseModel, Field, TypeAdapter

from infra.errors import UserError
from infra.providers import http
from services.common.busy import nothing_was_done, pauses

PATIENCE_SECONDS = 10.0
"""Within which a busy database is asked again."""

Value = int | float | str | bytes | None


class HranaError(Exception):
    """The database refused a statement."""

    def __init__(self, message: str, code: str | None) -> None:
        super().__init__(message)
        self.message = message
        self.code = code


class TokenRefusedError(Exception):
    """The database answers, but not to this token."""


class DatabaseMissingError(Exception):
    """No database answers to this hostname."""


@dataclass(frozen=True)
class Statement:
    """One SQL statement with its arguments, by position or by name."""

    sql: str
    args: tuple[Value, ...] = ()
    named: Mapping[str, Value] = field(default_factory=dict)

    def wire(self) -> dict[str, Any]:
        named = [{"name": name, "value": _to_wire(value)} for name, value in self.named.items()]
        return {"sql": self.sql, "args": [_to_wire(arg) for arg in self.args], "named_args": named}


@dataclass(frozen=True)
class Step:
    """A statement of a batch, run if `condition` (Hrana's, as on the wire) holds."""

    statement: Statement
    condition: dict[str, Any] | None = None

    def wire(self) -> dict[str, Any]:
        step: dict[str, Any] = {"stmt": self.statement.wire()}
        return step if self.condition is None else step | {"condition": self.condition}


class _Null(BaseModel):
    type: Literal["null"]

    def python(self) -> Value:
        return None


class _Integer(BaseModel):
    type: Literal["integer"]
    value: int  # a JSON string on the wire

    def python(self) -> Value:
        return self.value


class _Float(BaseModel):
    type: Literal["float"]
    value: float

    def python(self) -> Value:
        return self.value


class _Text(BaseModel):
    type: Literal["text"]
    value: str

    def python(self) -> Value:
        return self.value


class _Blob(BaseModel):
    type: Literal["blob"]
    base64: str

    def python(self) -> Value:
        # Unpadded on the wire.
        return base64.b64decode(self.base64 + "=" * (-len(self.base64) % 4))


_Wire = Annotated[_Null | _Integer | _Float | _Text | _Blob, Field(discriminator="type")]


class Rows(BaseModel):
    """A statement's answer."""

    wire_rows: list[list[_Wire]] = Field(alias="rows")
    affected_row_count: int
    rows_read: int = 0
    """libsql-server's addition to the protocol."""

    @property
    def rows(self) -> list[tuple[Value, ...]]:
        return [tuple(value.python() for value in row) for row in self.wire_rows]


class Problem(BaseModel):
    """A statement's refusal."""

    message: str
    code: str | None = None


class BatchAnswer(BaseModel):
    """One entry a step: its answer, its refusal, or neither if its condition did not hold."""

    step_results: list[Rows | None]
    step_errors: list[Problem | None]


class _Response(BaseModel):
    type: str
    result: Any = None


class _Ok(BaseModel):
    type: Literal["ok"]
    response: _Response


class _Error(BaseModel):
    type: Literal["error"]
    error: Problem


_Result = Annotated[_Ok | _Error, Field(discriminator="type")]


class _Pipeline(BaseModel):
    results: list[_Result]


_ROWS = TypeAdapter(Rows)
_BATCH = TypeAdapter(BatchAnswer)


class Hrana:
    """A client of the database with this `hostname`.

    Connects to `databases` where given, and names the database in the Host header; else to https://<hostname>.
    Every call raises UserError if nothing answers, TokenRefusedError, DatabaseMissingError, or HranaError.
    """

    def __init__(self, hostname: str, token: str, databases: str | None = None) -> None:
        self._address = databases or f"https://{hostname}"
        self._setting = "shoreline:turso.databases" if databases else hostname
        self._http = http.client(self._address, {"host": hostname, "authorization": f"Bearer {token}"})

    def __enter__(self) -> "Hrana":
        return self

    def __exit__(self, *_: object) -> None:
        self._http.close()

    def execute(self, sql: str, *args: Value, **named: Value) -> Rows:
        """Runs one statement."""
        [result] = self._pipeline([{"type": "execute", "stmt": Statement(sql, args, named).wire()}])
        return _ROWS.validate_python(_accepted(result))

    def batch(self, steps: Sequence[Step]) -> BatchAnswer:
        """Runs the steps in order on one connection. One that cannot be parsed refuses all (HranaError)."""
        [result] = self._pipeline([{"type": "batch", "batch": {"steps": [step.wire() for step in steps]}}])
        return _BATCH.validate_python(_accepted(result))

    def parse(self, statements: Sequence[str]) -> list[Problem | None]:
        """What the server's parser, which knows no tables, says against each statement; runs none of them."""
        never = {"type": "not", "cond": {"type": "ok", "step": 0}}
        first = Step(Statement("select 1")).wire()
        batches = [{"steps": [first, Step(Statement(sql), never).wire()]} for sql in statements]
        results = self._pipeline([{"type": "batch", "batch": batch} for batch in batches])
        return [result.error if isinstance(result, _Error) else None for result in results]

    def _pipeline(self, requests: list[dict[str, Any]]) -> list[_Result]:
        body = {"requests": [*requests, {"type": "close"}]}
        try:
            answer = patiently(lambda: self._http.post("/v2/pipeline", json=body))
        except httpx.HTTPError as error:
            raise UserError(
                self._setting,
                f"the database at {self._address} cannot be reached ({http.reason(error)})",
                "Check the address and the network; `make up` starts the dev stack's local cloud",
            ) from None
        match answer.status_code:
            case 200:
                return _Pipeline.model_validate_json(answer.content).results[: len(requests)]
            case 401 | 403:
                raise TokenRefusedError(answer.text)
            case 404:
                raise DatabaseMissingError(answer.text)
            case status:
                raise UserError(
                    self._setting,
                    f"the database at {self._address} answers {status}: {answer.text[:200]}",
                    "Run the same command again; everything done so far is kept",
                )


def patiently(ask: Callable[[], httpx.Response]) -> httpx.Response:
    """The answer to a pipeline, asked for again while the database is busy and has done nothing."""
    answer = ask()
    for pause in pauses(time.monotonic() + PATIENCE_SECONDS):
        if not nothing_was_done(answer.status_code, answer.content):
            break
        time.sleep(pause)
        answer = ask()
    return answer


def _accepted(result: _Result) -> Any:
    if isinstance(result, _Error):
        raise HranaError(result.error.message, result.error.code)
    return result.response.result


def _to_wire(value: Value) -> dict[str, Any]:
    match value:
        case None:
            return {"type": "null"}
        case int():
            return {"type": "integer", "value": str(value)}
        case float():
            return {"type": "float", "value": value}
        case bytes():
            return {"type": "blob", "base64": base64.b64encode(value).decode()}
        case _:
            return {"type": "text", "value": value}
