"""Runs an SQL route: one trip, whether it is one statement or a transaction, and writes the answer.

The edge's twin: services/edge/src/execute/execute.ts.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from services.api.execute import idempotency
from services.api.execute.answer import Writer, Written
from services.api.execute.conditional import etag_of, is_current
from services.api.execute.statements import Bindable, Sources
from services.api.input.input import Input
from services.api.reply import Reply
from services.api.request import Request
from services.common.hrana import Database, DatabaseFailure, refusal, transaction_steps
from services.common.ids import new_id, now_ms
from services.common.manifest import Route, Sql
from services.common.problem import Problem

Result = Mapping[str, Any]
"""A statement's, as Hrana writes it."""


@dataclass(frozen=True, slots=True)
class _Key:
    """An idempotency key, and what it was sent with."""

    key: str
    fingerprint: str


class Execution:
    """One route's statements and answer, compiled once."""

    def __init__(self, route: Route, sql: Sql) -> None:
        self._name = route.name
        self._reads = route.method == "GET"
        self._sql, self._answer = sql, sql.answer
        self._statements = [Bindable(each, sql.answer.limit) for each in sql.statements]
        repeatable = sql.repeatable
        self._repeatable = None if repeatable is None else Bindable(repeatable, sql.answer.limit)
        self._writer = Writer(sql.answer)
        private = "" if route.access.kind == "public" else "private, "
        self._cache_control = f"{private}no-cache" if self._reads else "no-store"

    async def run(self, request: Request, given: Input, database: Database) -> Reply:
        """Raises Problem, DatabaseFailure, or Defect."""
        key = self._key(request, given)
        sources = self._sources(request, given, key)
        try:
            result = await self._result(sources, key, database)
        except DatabaseFailure as failure:
            if self._sql.conflict is not None and failure.is_constraint:
                raise Problem(409, self._sql.conflict) from None
            raise
        limit = None if self._answer.limit is None else int(given.query[self._answer.limit])
        return self._reply(request, self._writer.write(result, limit))

    def _key(self, request: Request, given: Input) -> _Key | None:
        if self._repeatable is None:
            return None
        key = idempotency.checked_key(request.header("idempotency-key"))
        return None if key is None else _Key(key, idempotency.fingerprint_of(request.path, given.raw))

    def _sources(self, request: Request, given: Input, key: _Key | None) -> Sources:
        who = request.identity
        return {
            "path": given.path,
            "query": given.query,
            "body": given.body,
            "caller": {} if who is None else {"user": who.user, "name": who.name},
            "generated": {"newId": new_id(), "now": now_ms()},
            "idempotency": {} if key is None else {"route": self._name, "key": key.key},
        }

    async def _result(self, sources: Sources, key: _Key | None, database: Database) -> Result:
        at = self._answer.statement
        if key is not None:
            return await self._once(sources, key, database)
        bound = [each.bind(sources) for each in self._statements]
        if len(bound) == 1:
            result: Result = await database.execute_encoded(bound[0])
            return result
        begin = "begin" if self._reads else "begin immediate"
        results, errors = await database.batch(transaction_steps(bound, begin))
        if (failed := next(filter(None, errors), None)) is not None:
            raise refusal(failed)
        return _present(results[1 + at])

    async def _once(self, sources: Sources, key: _Key, database: Database) -> Result:
        """With the key kept in the same transaction; the answer's statement is the last one."""
        assert self._repeatable is not None
        *writes, _ = [each.bind(sources) for each in self._statements]
        generated = sources["generated"]
        kept = {
            "user": sources["caller"]["user"],
            "route": self._name,
            "key": key.key,
            "fingerprint": key.fingerprint,
            "new_id": generated["newId"],
        }
        steps = idempotency.steps(kept, generated["now"], writes, self._repeatable.bind(sources))
        results = idempotency.accepted(*await database.batch(steps), key.fingerprint)
        return _present(results[-1])

    def _reply(self, request: Request, written: Written) -> Reply:
        headers = {"cache-control": self._cache_control}
        if self._answer.kind != "none":
            headers["content-type"] = "application/json"
        if written.location is not None:
            headers["location"] = written.location
        if not self._reads or self._answer.status != 200:
            return Reply(self._answer.status, headers, written.body)
        headers["etag"] = etag_of(written.body)
        if is_current(request.header("if-none-match"), headers["etag"]):
            del headers["content-type"]
            return Reply(304, headers, b"")
        return Reply(200, headers, written.body)


def _present(result: Result | None) -> Result:
    if result is None:
        raise DatabaseFailure("unexpected", "the batch was not committed")
    return result
