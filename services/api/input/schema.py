"""A schema of the manifest, compiled once: flat objects, whose properties say in words what they must be.

The edge's twin: services/edge/src/input/schema.ts.
"""

import math
import re
from collections.abc import Callable, Mapping
from typing import Any

from jsonschema_rs import Draft202012Validator, ValidationErrorKind

from services.common.problem import FieldError

Values = Mapping[str, Any]
Faults = Mapping[str | None, str]
"""Words by property; None stands for the whole."""
SAFE = 2**53 - 1
"""JavaScript's integers."""

_INTEGER = re.compile(r"-?(?:0|[1-9][0-9]*)")
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?")


NOTHING: Values = {"type": "object", "additionalProperties": False, "properties": {}}
"""The schema that takes no property."""


def fits_int64(value: Any) -> bool:
    """Whether a text of decimal digits is within 64 bits; what is no such text is the schema's to refuse."""
    if not isinstance(value, str) or _INTEGER.fullmatch(value) is None:
        return True
    return len(value) <= len(str(-(2**63))) and -(2**63) <= int(value) < 2**63


class Schema:
    """`checks`: what no schema can say of a property."""

    def __init__(
        self, schema: Mapping[str, Any], checks: Mapping[str, Callable[[Any], bool]] | None = None
    ) -> None:
        properties: Mapping[str, Mapping[str, Any]] = schema.get("properties", {})
        self._validator = Draft202012Validator(dict(schema))
        self._words = {name: str(each.get("description", "different")) for name, each in properties.items()}
        self._defaults = {name: each["default"] for name, each in properties.items() if "default" in each}
        self._converters = {name: _converter(each.get("type")) for name, each in properties.items()}
        self._checks = dict(checks or {})

    def converted(self, texts: Mapping[str, str]) -> dict[str, Any]:
        """The texts of a query or a path as values of the schema's types; one that is none stays a text."""
        convert = self._converters
        return {name: convert[name](text) if name in convert else text for name, text in texts.items()}

    def fill(self, values: dict[str, Any]) -> None:
        """Adds the defaults of what is missing."""
        for name, default in self._defaults.items():
            values.setdefault(name, default)

    def faults(self, values: Any) -> Faults:
        """What is wrong: empty if nothing is."""
        faults: dict[str | None, str] = {}
        if not self._validator.is_valid(values):
            errors = self._validator.iter_errors(values)
            faults = dict(fault for error in errors for fault in self._explained(error))
        for name, right in self._checks.items():
            if isinstance(values, dict) and not right(values.get(name)):
                faults.setdefault(name, f"must be {self._words[name]}")
        return faults

    def _explained(self, error: Any) -> list[tuple[str | None, str]]:
        kind = error.kind
        if error.instance_path:
            name = str(error.instance_path[0])
            return [(name, f"must be {self._words[name]}")]
        if isinstance(kind, ValidationErrorKind.Required):
            return [(str(kind.property), "is missing")]
        if isinstance(kind, ValidationErrorKind.AdditionalProperties):
            return [(name, "is not known here") for name in kind.unexpected]
        return [(None, "must be a JSON object")]


def field_errors(place: str, faults: Faults) -> list[FieldError]:
    """In the order in which JavaScript sorts their paths."""
    errors = [
        FieldError(place if name is None else f"{place}/{name}", words) for name, words in faults.items()
    ]
    return sorted(errors, key=lambda error: error.path.encode("utf-16-be", "surrogatepass"))


def _converter(type_: Any) -> Callable[[str], Any]:
    types = type_ if isinstance(type_, list) else [type_]
    for name, converter in _CONVERTERS.items():
        if name in types:
            return converter
    return str


def _integer(text: str) -> int | str:
    if _INTEGER.fullmatch(text) is None or len(text) > len(str(-SAFE)):
        return text
    number = int(text)
    return number if -SAFE <= number <= SAFE else text


def _number(text: str) -> float | str:
    if _NUMBER.fullmatch(text) is None:
        return text
    number = float(text)
    return number if math.isfinite(number) else text


def _boolean(text: str) -> bool | str:
    return {"true": True, "false": False}.get(text, text)


_CONVERTERS: Mapping[str, Callable[[str], Any]] = {
    "integer": _integer,
    "number": _number,
    "boolean": _boolean,
}
