"""The life of a resource as requests: create, read, update, delete, and what a preview can already say."""

from collections.abc import Generator
from dataclasses import dataclass
from typing import Any

from infra.errors import UserError
from infra.toolchain.plugins.cloudflare.decide import by_name
from infra.toolchain.plugins.cloudflare.kind import Kind, Request, Steps, fill, placeholders
from infra.toolchain.plugins.cloudflare.naming import to_wire_name
from infra.toolchain.plugins.values import UNKNOWN, Values


@dataclass(frozen=True)
class Resource:
    """A resource as it is: its ID, its outputs and, after a read, the inputs that would declare it."""

    id: str
    outputs: Values
    inputs: Values


def create(kind: Kind, inputs: Values) -> Generator[Request, Any, Resource]:
    """The calls that create the resource."""
    desired = kind.desired(inputs)
    prepared = desired if kind.before is None else (yield from kind.before(desired))
    result = yield Request(kind.create, fill(kind.collection, desired), kind.json(prepared))
    return Resource(kind.identify(desired, result), _outputs(kind, desired, result), inputs)


def update(kind: Kind, identity: str, state: Values, inputs: Values) -> Generator[Request, Any, Resource]:
    """The call that changes the resource; none for a type without updates."""
    desired = {**{name: state[name] for name in kind.kept if name in state}, **kind.desired(inputs)}
    if kind.update is None:
        return Resource(identity, {**state, **desired}, inputs)
    body = kind.json(desired)
    if isinstance(body, dict):
        body = {**body, **dict.fromkeys(_unset(kind, state, desired))}
    result = yield Request(kind.update, fill(kind.item, {**desired, "id": identity}), body)
    return Resource(identity, {**_computed(kind, state), **_outputs(kind, desired, result)}, inputs)


def delete(kind: Kind, identity: str, state: Values) -> Steps:
    """The call that deletes the resource; none where the provider has none."""
    if kind.deletes:
        return (yield Request("DELETE", fill(kind.item, {**state, "id": identity})))
    return None


def read(
    kind: Kind, identity: str, state: Values, inputs: Values
) -> Generator[Request, Any, Resource | None]:
    """The call that reads the resource, without a state by its import ID. None: it is gone."""
    known = state or imported(kind, identity)
    plain_id = str(known["id"]) if "id" in known else identity
    result = yield Request("GET", fill(kind.item, {**known, "id": plain_id}), query=kind.read_query)
    if kind.gone(result):
        return None
    answered = {name: value for name, value in kind.outputs(result).items() if name in _names(kind)}
    if not state:
        in_path = {name: value for name, value in known.items() if name != "id"}
        outputs = {**answered, **in_path}
        return Resource(plain_id, outputs, {name: outputs[name] for name in kind.inputs if name in outputs})
    outputs = {**_without(kind, answered, state), **refreshed(kind, state, answered)}
    declared = refreshed(kind, inputs, outputs)
    return Resource(plain_id, outputs, declared)


def previewed(kind: Kind, inputs: Values, state: Values | None = None) -> Values:
    """Outputs as far as they are known before the call."""
    desired = kind.desired(inputs)
    if state is None:
        open_outputs = dict.fromkeys((*kind.computed, *kind.kept), UNKNOWN)
        return {**open_outputs, **desired}
    kept = {name: value for name, value in state.items() if name in kind.computed or name in kind.kept}
    return {**kept, **dict.fromkeys(kind.volatile & state.keys(), UNKNOWN), **desired}


def imported(kind: Kind, identity: str) -> Values:
    """The properties an import ID names. UserError where it has another shape."""
    parts = identity.removeprefix(f"{kind.scope}/").split("/")
    scoped = kind.scope is None or identity.startswith(f"{kind.scope}/")
    if not scoped or len(parts) != len(kind.address) or not all(parts):
        raise UserError(identity, "is not an import ID of this type", f"Write it as {kind.import_format}.")
    named = dict(zip(kind.address, parts, strict=True))
    return {"id": parts[-1], **named}


def refreshed(kind: Kind, known: Values, answered: Values) -> Values:
    """What is known, brought up to date. What Cloudflare doesn't answer (secret texts, file names) stays."""
    fresh: Values = {}
    for name, value in known.items():
        merged = _merge(value, answered[name]) if name in answered else value
        fresh[name] = value if kind.same((name,), value, merged) else merged
    return fresh


def _merge(known: Any, answer: Any) -> Any:
    if isinstance(known, dict) and isinstance(answer, dict):
        return {key: _merge(value, answer[key]) if key in answer else value for key, value in known.items()}
    if isinstance(known, list) and isinstance(answer, list):
        return _merge_list(known, answer)
    return answer


def _merge_list(known: list[Any], answer: list[Any]) -> list[Any]:
    old, new = by_name(known), by_name(answer)
    if old is None or new is None:
        pairs = list(zip(known, answer, strict=False))
        return [_merge(*pair) for pair in pairs] + answer[len(pairs) :]
    kept = [_merge(item, new[name]) for name, item in old.items() if name in new]
    return kept + [item for name, item in new.items() if name not in old]


def _names(kind: Kind) -> tuple[str, ...]:
    return (*kind.inputs, *kind.computed)


def _outputs(kind: Kind, desired: Values, result: Any) -> Values:
    answered = kind.outputs(result) if result else {}
    added = {name: answered[name] for name in (*kind.computed, *kind.kept) if name in answered}
    return {**added, **desired}


def _computed(kind: Kind, state: Values) -> Values:
    return {name: state[name] for name in kind.computed if name in state}


def _without(kind: Kind, answered: Values, state: Values) -> Values:
    """What Cloudflare answers beyond the state: computed outputs, and settings made by other hands."""
    extra = {*kind.computed, *kind.kept} | (set(kind.inputs) if kind.update else set())
    return {name: value for name, value in answered.items() if name in extra and name not in state}


def _unset(kind: Kind, state: Values, desired: Values) -> list[str]:
    """JSON names of what the state has and the inputs no longer ask for: an update states them as null."""
    in_path = placeholders(kind.item)
    gone = (name for name in kind.inputs if state.get(name) is not None and desired.get(name) is None)
    return [to_wire_name(name) for name in gone if name not in in_path]
