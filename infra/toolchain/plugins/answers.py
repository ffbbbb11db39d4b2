"""What plugins answer to Check and Diff, as values and as the engine reads them."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, Literal

from google.protobuf.struct_pb2 import Struct
from pulumi.runtime.proto import provider_pb2

from infra.toolchain.plugins.values import Path, Values, path_text

Verb = Literal["add", "update", "delete"]

_Diff = provider_pb2.DiffResponse
_Kinds = provider_pb2.PropertyDiff
_VERBS: Final = {
    ("add", False): _Kinds.ADD,
    ("add", True): _Kinds.ADD_REPLACE,
    ("update", False): _Kinds.UPDATE,
    ("update", True): _Kinds.UPDATE_REPLACE,
    ("delete", False): _Kinds.DELETE,
    ("delete", True): _Kinds.DELETE_REPLACE,
}


@dataclass(frozen=True)
class Failure:
    """An input that can't be right, found before anything is sent."""

    property: str
    reason: str


@dataclass(frozen=True)
class Change:
    """One property that differs. `declared`: it stands in the inputs, not only in the outputs."""

    path: Path
    verb: Verb
    replaces: bool
    declared: bool


def names_problems(inputs: Values, required: Iterable[str], known: Iterable[str]) -> list[Failure]:
    """What is missing among the inputs, and what no official plugin knows."""
    missing = [Failure(name, f"{name} is required") for name in required if inputs.get(name) is None]
    strange = sorted({*inputs} - {*known, "__defaults"})
    return missing + [Failure(name, f"{name} is not a property of this type") for name in strange]


def checked(news: Struct, problems: list[Failure]) -> provider_pb2.CheckResponse:
    failures = [provider_pb2.CheckFailure(property=found.property, reason=found.reason) for found in problems]
    return provider_pb2.CheckResponse(inputs=news, failures=failures)


def diff_response(changes: list[Change], ignored: Iterable[str] = ()) -> provider_pb2.DiffResponse:
    """The decision, without the paths in `ignored`. A replacement is created before the old is deleted."""
    left_out = set(ignored)
    changes = [found for found in changes if not left_out & {str(found.path[0]), path_text(found.path)}]
    detailed = {
        path_text(change.path): _Kinds(kind=_VERBS[change.verb, change.replaces], inputDiff=change.declared)
        for change in changes
    }
    return _Diff(
        changes=_Diff.DIFF_SOME if changes else _Diff.DIFF_NONE,
        replaces=sorted({str(change.path[0]) for change in changes if change.replaces}),
        diffs=sorted({str(change.path[0]) for change in changes}),
        detailedDiff=detailed,
        hasDetailedDiff=True,
    )
