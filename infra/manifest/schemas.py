"""JSON Schemas of inputs and the types of columns, from the declaration's models.

Only what both tiers' validators read the same way is let through.
"""

import re
from collections.abc import Mapping
from typing import Any, cast

from pydantic import BaseModel

from infra.manifest.model import Type

Schema = dict[str, Any]

_KEYWORDS = (
    "description",
    "type",
    "enum",
    "const",
    "minLength",
    "maxLength",
    "pattern",
    "minimum",
    "maximum",
    "items",
    "minItems",
    "maxItems",
    "default",
)
"""In the order in which they are written."""
_TYPES: Mapping[str, Type] = {
    "string": "text",
    "integer": "integer",
    "number": "real",
    "boolean": "boolean",
    "array": "json",
    "object": "json",
}
SAFE_INTEGER = 2**53 - 1

# What a pattern may be made of: both dialects read these the same way.
_CLASS = r"\[\^?(?:[^\[\]\\&~|^]|\\[trn\\\]\[^-])+\]"
_QUANTIFIER = r"(?:[*+?]|\{\d+(?:,\d*)?\})?"
_ATOM = rf"(?:{_CLASS}|\\[trn.\\/()\[\]{{}}*+?^$|-]|[^\\()\[\]{{}}*+?^$|.])"
_PORTABLE = re.compile(rf"(?:{_ATOM}{_QUANTIFIER}|\((?!\?)|\){_QUANTIFIER}|\||\^|\$)*", re.ASCII)


class NotPortable(Exception):
    """A field that the two tiers could read differently: the message says what about it."""

    def __init__(self, field: str, what: str, remedy: str) -> None:
        super().__init__(f"{field} {what}")
        self.field, self.what, self.remedy = field, what, remedy


def input_schema(model: type[BaseModel]) -> Schema:
    """The schema of a flat object. Raises NotPortable."""
    properties = fields(model)
    # A default may stand for what is left out; null is no value that a query or a path can give.
    required = [name for name, schema in properties.items() if "default" not in schema]
    schemas = {name: without_marks(schema) for name, schema in properties.items()}
    for name, schema in schemas.items():
        if "type" not in schema and "enum" not in schema and "const" not in schema:
            raise NotPortable(name, "has no type", "Give it one of infra/routes/fields.py")
        if "description" not in schema:
            remedy = "Add Field(description=...), in words that go on from `must be`"
            raise NotPortable(name, "does not say what it must be", remedy)
    return {"type": "object", "required": required, "additionalProperties": False, "properties": schemas}


def types(model: type[BaseModel]) -> dict[str, tuple[Type, bool]]:
    """The type of each field, and whether it may be null. Raises NotPortable."""
    return {name: (_type(name, schema), _nullable(schema)) for name, schema in fields(model).items()}


def without_marks(schema: Schema) -> Schema:
    return {key: value for key, value in schema.items() if not key.startswith("x-")}


def fields(model: type[BaseModel]) -> dict[str, Schema]:
    """The schema of each field. Raises NotPortable."""
    whole = model.model_json_schema()
    properties: Mapping[str, Schema] = whole.get("properties", {})
    return {name: _flat(name, schema) for name, schema in properties.items()}


def _flat(name: str, schema: Schema) -> Schema:
    if "$ref" in schema or "allOf" in schema or "oneOf" in schema:
        raise NotPortable(name, "is an object", "Objects are flat: give its fields to the model itself")
    merged = {key: value for key, value in schema.items() if key not in ("title", "anyOf")}
    if "anyOf" in schema:
        merged = _or_null(name, schema["anyOf"]) | merged
    if merged.get("type") in ("integer", ["integer", "null"]):
        merged = {"minimum": -SAFE_INTEGER, "maximum": SAFE_INTEGER} | merged
    if "items" in merged:
        merged["items"] = _flat(name, merged["items"])
    for keyword in merged:
        if keyword not in _KEYWORDS and not keyword.startswith("x-"):
            raise NotPortable(name, f"uses {keyword}", f"Use only {', '.join(_KEYWORDS)}")
    _check_pattern(name, merged.get("pattern"))
    order = [*_KEYWORDS, *(key for key in merged if key.startswith("x-"))]
    return {key: merged[key] for key in order if key in merged}


def _or_null(name: str, alternatives: list[Schema]) -> Schema:
    values = [each for each in alternatives if each.get("type") != "null"]
    if len(values) != 1 or len(alternatives) != 2:
        raise NotPortable(name, "is of several types", "Give it one type, or that type and null")
    [value] = values
    if "enum" in value:
        return value | {"type": [value.get("type", "string"), "null"], "enum": [*value["enum"], None]}
    if "type" not in value:
        return value
    return value | {"type": [value["type"], "null"]}


def _check_pattern(name: str, pattern: str | None) -> None:
    if pattern is not None and not (_PORTABLE.fullmatch(pattern) and pattern.isascii()):
        raise NotPortable(
            name,
            f"has the pattern {pattern}, which the two tiers could read differently",
            "Use literals, ASCII classes like [0-9a-f], quantifiers, groups, ^ and $",
        )


def _type(name: str, schema: Schema) -> Type:
    if "x-type" in schema:
        return cast("Type", schema["x-type"])
    kind = schema.get("type", "string" if "enum" in schema or "const" in schema else None)
    if isinstance(kind, list):
        kind = kind[0]
    if not isinstance(kind, str) or kind not in _TYPES:
        raise NotPortable(name, "has no type", "Give it one of infra/routes/fields.py")
    return _TYPES[kind]


def _nullable(schema: Schema) -> bool:
    return isinstance(schema.get("type"), list) or schema.get("x-type") == "json"
