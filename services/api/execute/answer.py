"""Writes rows as JSON, byte for byte as its twin does: services/edge/src/execute/answer.ts."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from json.encoder import encode_basestring as json_string
from math import isfinite
from typing import Any
from urllib.parse import quote

from services.api.execute.numbers import js_number
from services.api.input.schema import SAFE
from services.common.manifest import Answer, Column
from services.common.problem import Problem

Cell = Mapping[str, Any]


class Defect(Exception):
    """The rows are not what the route declares: our own mistake."""


@dataclass(frozen=True, slots=True)
class Written:
    """`location`: where what was written is."""

    body: bytes
    location: str | None = None


class Writer:
    """Writes one route's answers. Raises Problem 404 where it declares one, Defect on rows that don't fit."""

    def __init__(self, answer: Answer) -> None:
        self._answer = answer
        self._columns = [_Column(column, number == 0) for number, column in enumerate(answer.columns)]
        names = [column.name for column in answer.columns]
        self._cursor = names.index(answer.cursor.column) if answer.cursor else None

    def write(self, result: Mapping[str, Any], limit: int | None) -> Written:
        """`limit`: how many rows a page may have."""
        if self._answer.kind == "none":
            self._check_found(int(result["affected_row_count"]) > 0)
            return Written(b"")
        places = self._places(result)
        rows: Sequence[Sequence[Cell]] = result["rows"]
        return self._one(rows, places) if self._answer.kind == "one" else self._many(rows, places, limit)

    def _check_found(self, found: bool) -> None:
        if not found and self._answer.missing is not None:
            raise Problem(404, self._answer.missing)

    def _places(self, result: Mapping[str, Any]) -> list[int]:
        at = {column["name"]: number for number, column in enumerate(result["cols"])}
        try:
            return [at[column.name] for column in self._columns]
        except KeyError as error:
            raise Defect(f"column {error} is not in the answer") from None

    def _one(self, rows: Sequence[Sequence[Cell]], places: Sequence[int]) -> Written:
        self._check_found(bool(rows))
        if not rows:
            raise Defect("no row, and no words for it")
        written = self._row(rows[0], places)
        return Written(f"{{{''.join(written)}}}".encode(), self._location(rows[0], places))

    def _many(self, rows: Sequence[Sequence[Cell]], places: Sequence[int], limit: int | None) -> Written:
        page = rows if limit is None else rows[:limit]
        items = ",".join([f"{{{''.join(self._row(row, places))}}}" for row in page])
        cursor = "null"
        if len(page) < len(rows) and self._cursor is not None:
            column = self._columns[self._cursor]
            cursor = column.value(page[-1][places[self._cursor]])
        return Written(f'{{{json_string(self._answer.items or "items")}:[{items}],"next":{cursor}}}'.encode())

    def _row(self, row: Sequence[Cell], places: Sequence[int]) -> list[str]:
        return [
            column.key + column.value(row[place]) for column, place in zip(self._columns, places, strict=True)
        ]

    def _location(self, row: Sequence[Cell], places: Sequence[int]) -> str | None:
        if self._answer.location is None:
            return None
        by_name = {column.name: row[place] for column, place in zip(self._columns, places, strict=True)}
        return _PARAMETER.sub(lambda name: _uri_component(by_name[name[1]]["value"]), self._answer.location)


_PARAMETER = re.compile(r"\{([^}]+)\}")


def _uri_component(text: str) -> str:
    return quote(text, safe="!*'()~")


class _Column:
    """One column: its key with what stands before it, and how its cells are written."""

    def __init__(self, column: Column, first: bool) -> None:
        self.name = column.name
        self.key = f"{'' if first else ','}{json_string(column.name)}:"
        self._nullable = column.nullable
        self._write = _WRITERS[column.type]

    def value(self, cell: Cell) -> str:
        if cell["type"] == "null":
            if self._nullable:
                return "null"
            raise Defect(f"column {self.name} is null")
        try:
            return self._write(cell)
        except (ValueError, TypeError, KeyError):
            raise Defect(f"column {self.name} does not hold what it should") from None


def _text(cell: Cell) -> str:
    return json_string(_value(cell, "text"))


def _integer(cell: Cell) -> str:
    digits = _value(cell, "integer")
    if not -SAFE <= int(digits) <= SAFE:
        raise ValueError("beyond JavaScript's integers")
    return digits


def _int64(cell: Cell) -> str:
    return f'"{_value(cell, "integer")}"'


def _real(cell: Cell) -> str:
    number = float(cell["value"])
    if cell["type"] not in ("float", "integer") or not isfinite(number):
        raise ValueError("no finite number")
    return js_number(number)


def _boolean(cell: Cell) -> str:
    return {"0": "false", "1": "true"}[_value(cell, "integer")]


def _blob(cell: Cell) -> str:
    text: str = cell["base64"]
    return f'"{text}{"=" * (-len(text) % 4)}"'


def _json(cell: Cell) -> str:
    text = _value(cell, "text")
    if text[:1] + text[-1:] not in ("[]", "{}"):
        raise ValueError("no JSON array or object")
    return text


def _value(cell: Cell, type_: str) -> str:
    if cell["type"] != type_:
        raise ValueError(f"not {type_}")
    value: str = cell["value"]
    return value


_WRITERS: Mapping[str, Callable[[Cell], str]] = {
    "text": _text,
    "integer": _integer,
    "int64": _int64,
    "real": _real,
    "boolean": _boolean,
    "blob": _blob,
    "json": _json,
}
