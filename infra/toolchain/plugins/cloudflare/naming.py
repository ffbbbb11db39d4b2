"""Property names: camelCase in Pulumi, snake_case in Cloudflare's JSON, with the exceptions of both."""

import re
from collections.abc import Mapping
from typing import Any, Final

_WIRE: Final[Mapping[str, str]] = {
    "workersMessage": "workers/message",
    "workersTag": "workers/tag",
    "workersTriggeredBy": "workers/triggered_by",
    "targets": "target",  # Pulumi names lists in the plural
}
_PULUMI: Final[Mapping[str, str]] = {wire: pulumi for pulumi, wire in _WIRE.items()}


def to_wire_name(name: str) -> str:
    """`compatibilityDate` -> `compatibility_date`."""
    return _WIRE.get(name) or re.sub(r"(?<!^)([A-Z])", lambda match: f"_{match[1].lower()}", name)


def to_pulumi_name(name: str) -> str:
    """`compatibility_date` -> `compatibilityDate`."""
    return _PULUMI.get(name) or re.sub(r"_([a-z0-9])", lambda match: match[1].upper(), name)


def to_wire(value: Any) -> Any:
    """A Pulumi value as Cloudflare's JSON; properties that are None are left out."""
    if isinstance(value, Mapping):
        return {to_wire_name(key): to_wire(item) for key, item in value.items() if item is not None}
    if isinstance(value, list):
        return [to_wire(item) for item in value]
    return value


def to_pulumi(value: Any) -> Any:
    """Cloudflare's JSON as a Pulumi value; nulls are left out."""
    if isinstance(value, Mapping):
        return {to_pulumi_name(key): to_pulumi(item) for key, item in value.items() if item is not None}
    if isinstance(value, list):
        return [to_pulumi(item) for item in value]
    return value
