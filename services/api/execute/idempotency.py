"""Idempotency keys: a repeated request changes nothing, and answers with the same id and status.

The key is written in the transaction that it protects, with the generated values of the first request.
The edge's twin: services/edge/src/execute/idempotency.ts.
"""

import hashlib
import re
from collections.abc import Mapping, Sequence
from typing import Any

from services.common.hrana import refusal, rollback_step
from services.common.problem import FieldError, Problem

_KEY = re.compile(r"[\x21-\x7e]{1,128}")

INSERT = """insert into idempotency (user, route, key, fingerprint, new_id, now)
values (:user, :route, :key, :fingerprint, :new_id, :now)"""
FINGERPRINT = "select fingerprint from idempotency where user = :user and route = :route and key = :key"

Encoded = dict[str, Any]
_FIRST = 3
"""The step of the first statement: after begin, the key, and its fingerprint."""


def checked_key(header: str | None) -> str | None:
    """Raises Problem 400 where it is no key."""
    if header is None or _KEY.fullmatch(header):
        return header
    errors = [FieldError("header/idempotency-key", "must be 1 to 128 visible ASCII characters")]
    raise Problem(400, "The Idempotency-Key header is not valid.", errors=errors)


def fingerprint_of(path: bytes, body: bytes) -> str:
    """What tells a repetition from another request."""
    return hashlib.sha256(path + b"\n" + body).hexdigest()


def steps(key: Mapping[str, str], now: int, writes: Sequence[Encoded], answer: Encoded) -> list[Encoded]:
    """A transaction whose writes run only where the key is new; the answer's statement runs in any case."""
    insert = {"sql": INSERT, "named_args": [*_named(key), _integer("now", now)]}
    look = {"sql": FINGERPRINT, "named_args": _named({name: key[name] for name in ("user", "route", "key")})}
    batch: list[Encoded] = [{"stmt": {"sql": "begin immediate"}}]
    batch += [{"stmt": insert, "condition": _ok(0)}, {"stmt": look, "condition": _ok(0)}]
    for number, write in enumerate(writes):
        batch.append({"stmt": write, "condition": _ok(1 if number == 0 else len(batch) - 1)})
    written = _ok(len(batch) - 1 if writes else 1)
    either = {"type": "or", "conds": [{"type": "error", "step": 1}, written]}
    batch.append({"stmt": answer, "condition": {"type": "and", "conds": [_ok(2), either]}})
    batch.append({"stmt": {"sql": "commit"}, "condition": _ok(len(batch) - 1)})
    return [*batch, rollback_step(len(batch) - 1)]


def accepted(results: Sequence[Any], errors: Sequence[Any], fingerprint: str) -> Sequence[Any]:
    """The statements' results. Raises Problem 422 where the key was another request's, or DatabaseFailure."""
    repeated = errors[1] is not None and refusal(errors[1]).is_constraint
    fatal = [error for number, error in enumerate(errors) if error and not (repeated and number == 1)]
    if fatal:
        raise refusal(fatal[0])
    if repeated and results[2]["rows"][0][0]["value"] != fingerprint:
        raise Problem(422, "This Idempotency-Key was used for another request.")
    return results[_FIRST:-2]


def _ok(step: int) -> Encoded:
    return {"type": "ok", "step": step}


def _named(values: Mapping[str, str]) -> list[Encoded]:
    return [{"name": name, "value": {"type": "text", "value": value}} for name, value in values.items()]


def _integer(name: str, value: int) -> Encoded:
    return {"name": name, "value": {"type": "integer", "value": str(value)}}
