"""The engine's property values as plain Python and back: unknowns are `UNKNOWN`, secrets are kept beside.

Markers: sdk/go/common/resource/properties.go and plugin/rpc.go of Pulumi 3.259.0.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, Final

from google.protobuf.struct_pb2 import NULL_VALUE, ListValue, Struct, Value

Values = dict[str, Any]
Path = tuple[str | int, ...]


class Unknown(Enum):
    """The type of `UNKNOWN`: what the engine knows only after an apply."""

    UNKNOWN = "unknown"


UNKNOWN: Final = Unknown.UNKNOWN

SIGNATURE: Final = "4dabf18193072939515e22adb298388d"
"""The key that marks special values: secrets, assets, archives."""
_SECRET: Final = "1b47061264138c4ac30d75fd1eb44270"  # noqa: S105 - the marker of a secret, not one
_UNKNOWN_TEXT: Final = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
_UNKNOWNS: Final = frozenset(
    {
        _UNKNOWN_TEXT,
        "1c4a061d-8072-4f0a-a4cb-0ff528b18fe7",  # boolean
        "3eeb2bf0-c639-47a8-9e75-3b44932eb421",  # number
        "6a19a0b0-7e62-4c92-b797-7f8e31da9cc2",  # array
        "dd056dcd-154b-4c76-9bd3-c8f88648b5ff",  # object
    }
)


@dataclass(frozen=True)
class Secrets:
    """What must stay secret: places, and texts wherever they turn up again."""

    paths: frozenset[Path] = frozenset()
    texts: frozenset[str] = frozenset()

    def __or__(self, other: "Secrets") -> "Secrets":
        return Secrets(self.paths | other.paths, self.texts | other.texts)


@dataclass(frozen=True)
class Decoded:
    """A property map without its secret markers, and what they marked."""

    values: Values
    secrets: Secrets


@dataclass
class _Found:
    paths: set[Path] = field(default_factory=set)
    texts: set[str] = field(default_factory=set)


def decode(properties: Struct) -> Decoded:
    """The property map of a request. Whole numbers become int: Cloudflare's JSON has `1`, not `1.0`."""
    found = _Found()
    values = {key: _decode(item, (key,), found, secret=False) for key, item in properties.fields.items()}
    return Decoded(values, Secrets(frozenset(found.paths), frozenset(found.texts)))


def _decode(value: Value, path: Path, found: _Found, *, secret: bool) -> Any:
    match value.WhichOneof("kind"):
        case "string_value":
            if value.string_value in _UNKNOWNS:
                return UNKNOWN
            if secret:
                found.texts.add(value.string_value)
            return value.string_value
        case "number_value":
            number = value.number_value
            return int(number) if number.is_integer() else number
        case "bool_value":
            return value.bool_value
        case "list_value":
            items = enumerate(value.list_value.values)
            return [_decode(item, (*path, index), found, secret=secret) for index, item in items]
        case "struct_value":
            fields = value.struct_value.fields
            if SIGNATURE in fields and fields[SIGNATURE].string_value == _SECRET:
                found.paths.add(path)
                return _decode(fields["value"], path, found, secret=True)
            return {key: _decode(item, (*path, key), found, secret=secret) for key, item in fields.items()}
        case _:
            return None


@dataclass(frozen=True)
class _Marks:
    secrets: Secrets
    sensitive: Callable[[Path], bool]

    def cover(self, path: Path, value: Any) -> bool:
        known_text = isinstance(value, str) and value != "" and value in self.secrets.texts
        return known_text or path in self.secrets.paths or self.sensitive(path)


def encode(
    values: Mapping[str, Any], secrets: Secrets, sensitive: Callable[[Path], bool] = lambda _: False
) -> Struct:
    """The property map of an answer, without what is None. Secret is what `secrets` or `sensitive` names."""
    return _encode_map(values, (), _Marks(secrets, sensitive))


def _encode_map(values: Mapping[str, Any], path: Path, marks: _Marks) -> Struct:
    stated = {key: item for key, item in values.items() if item is not None}
    return Struct(fields={key: _encode(item, (*path, key), marks) for key, item in stated.items()})


def _encode(value: Any, path: Path, marks: _Marks) -> Value:
    bare = _encode_bare(value, path, marks)
    if not marks.cover(path, value):
        return bare
    return Value(struct_value=Struct(fields={SIGNATURE: Value(string_value=_SECRET), "value": bare}))


def _encode_bare(value: Any, path: Path, marks: _Marks) -> Value:
    match value:
        case Unknown():
            return Value(string_value=_UNKNOWN_TEXT)
        case bool():
            return Value(bool_value=value)
        case int() | float():
            return Value(number_value=value)
        case str():
            return Value(string_value=value)
        case list():
            items = [_encode(item, (*path, index), marks) for index, item in enumerate(value)]
            return Value(list_value=ListValue(values=items))
        case Mapping():
            return Value(struct_value=_encode_map(value, path, marks))
        case _:
            return Value(null_value=NULL_VALUE)


def put(properties: Struct, path: Path, text: str) -> None:
    """Sets a text inside an object of a property map; nothing where the way there is hidden in a secret."""
    place = properties
    for part in path[:-1]:
        if isinstance(part, str) and part in place.fields:
            step = place.fields[part]
        elif isinstance(part, int) and part < len(step.list_value.values):
            step = step.list_value.values[part]
        else:
            return
        place = step.struct_value
        if SIGNATURE in place.fields:
            return
    place.fields[str(path[-1])].string_value = text


def path_text(path: Path) -> str:
    """`("bindings", 0, "text")` -> `bindings[0].text`, as the engine reads paths."""
    text = ""
    for part in path:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else part
    return text
