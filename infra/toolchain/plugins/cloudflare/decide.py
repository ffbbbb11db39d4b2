"""What a change of inputs means: nothing, an update or a replacement, compared with the state."""

from collections.abc import Iterator
from typing import Any

from infra.toolchain.plugins.answers import Change, Verb
from infra.toolchain.plugins.cloudflare.kind import Kind
from infra.toolchain.plugins.values import UNKNOWN, Path, Values


def decide(kind: Kind, state: Values, old_inputs: Values, new_inputs: Values) -> list[Change]:
    """The changes between the state and what the new inputs ask for, the outermost property first."""
    desired = kind.desired(new_inputs)
    found = [*_differences(kind, (), state, desired), *_removals(kind, state, old_inputs, desired)]
    return [
        Change(path, verb, kind.replaces(path), _declared(new_inputs, old_inputs, path))
        for path, verb in sorted(set(found), key=lambda pair: str(pair[0]))
    ]


def _differences(kind: Kind, path: Path, old: Any, new: Any) -> Iterator[tuple[Path, Verb]]:
    if new is None or (path and not open_value(new) and kind.same(path, old, new)):
        return
    if old is None:
        yield path, "add"
    elif new is UNKNOWN:
        yield path, "update"
    elif isinstance(old, dict) and isinstance(new, dict):
        for key, item in new.items():
            yield from _differences(kind, (*path, key), old.get(key), item)
    elif isinstance(old, list) and isinstance(new, list):
        yield from _list_differences(kind, path, old, new)
    elif old != new:
        yield path, "update"


def _list_differences(kind: Kind, path: Path, old: list[Any], new: list[Any]) -> Iterator[tuple[Path, Verb]]:
    known = by_name(old)
    wanted = by_name(new)
    if known is None or wanted is None:
        for index, item in enumerate(new):
            yield from _differences(kind, (*path, index), old[index] if index < len(old) else None, item)
        yield from (((*path, index), "delete") for index in range(len(new), len(old)))
        return
    for index, item in enumerate(new):
        yield from _differences(kind, (*path, index), known.get(item["name"]), item)
    yield from (((*path, index), "delete") for index, item in enumerate(old) if item["name"] not in wanted)


def open_value(value: Any) -> bool:
    """Whether a preview doesn't know the value, or a part of it."""
    if isinstance(value, dict):
        return any(map(open_value, value.values()))
    if isinstance(value, list):
        return any(map(open_value, value))
    return value is UNKNOWN


def by_name(items: list[Any]) -> dict[str, Any] | None:
    """Objects by their `name`, if each has its own: bindings and modules are sets, not sequences."""
    named = {str(item["name"]): item for item in items if isinstance(item, dict) and "name" in item}
    return named if len(named) == len(items) else None


def _removals(kind: Kind, state: Values, old_inputs: Values, desired: Values) -> Iterator[tuple[Path, Verb]]:
    for name in kind.inputs:
        if name in kind.kept and desired.get(name) is None:
            continue
        # What an update can unset is compared with the state too: there it may have appeared by other hands.
        before = old_inputs.get(name) if kind.update is None else old_inputs.get(name, state.get(name))
        yield from _removed(kind, (name,), before, desired.get(name))


def _removed(kind: Kind, path: Path, old: Any, new: Any) -> Iterator[tuple[Path, Verb]]:
    if old is None or new is UNKNOWN:
        return
    if new is None:
        if old not in ("", [], {}, False):
            yield path, "delete"
    elif isinstance(old, dict) and isinstance(new, dict):
        for key, item in old.items():
            yield from _removed(kind, (*path, key), item, new.get(key))
    elif isinstance(old, list) and isinstance(new, list):
        known = by_name(old)
        for index, item in enumerate(new):
            if isinstance(item, dict):
                in_place = old[index] if index < len(old) else None
                before = known.get(item.get("name", "")) if known else in_place
                yield from _removed(kind, (*path, index), before, item)


def _declared(new_inputs: Values, old_inputs: Values, path: Path) -> bool:
    return _holds(new_inputs, path) or _holds(old_inputs, path)


def _holds(value: Any, path: Path) -> bool:
    for part in path:
        within = (
            part in value if isinstance(value, dict) else isinstance(part, int) and part < len(value or "")
        )
        if not within:
            return False
        value = value[part]
    return True
