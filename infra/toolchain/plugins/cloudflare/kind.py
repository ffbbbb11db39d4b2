"""What a resource type is: its properties, its requests and which changes replace it. Values only, no I/O."""

import string
from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import quote

from infra.toolchain.plugins.answers import Failure
from infra.toolchain.plugins.cloudflare.naming import to_pulumi, to_wire
from infra.toolchain.plugins.values import Path, Values


@dataclass(frozen=True)
class Part:
    """One part of a multipart body."""

    name: str
    content: bytes
    content_type: str


@dataclass(frozen=True)
class Request:
    """One call of Cloudflare's API v4. `path` is below its base URL; `bearer` replaces the token."""

    method: str
    path: str
    body: Any = None
    query: Mapping[str, str] = field(default_factory=dict)
    parts: tuple[Part, ...] = ()
    bearer: str | None = None


Steps = Generator[Request, Any, Any]
"""Requests to send, each answered with the `result` of its envelope."""


def _same(_path: Path, old: Any, new: Any) -> bool:
    return bool(old == new)


def _result_id(_desired: Values, result: Any) -> str:
    return str(result["id"])


def _nothing_wrong(_inputs: Values) -> list[Failure]:
    return []


@dataclass(frozen=True)
class Kind:
    """One resource type.

    resource: the Pulumi type. address: the properties an import ID names; the last is the resource's ID.
    scope: what an import ID begins with, where it says whose resource it is.
    collection, item: paths of creation and of one resource; their placeholders are not part of the body.
    create, update: HTTP methods; without `update` nothing is sent. deletes: False where nothing is sent.
    kept: optional inputs that, left out, keep what Cloudflare chose. volatile: outputs an update changes.
    replaces(path): whether a change there needs a new resource. sensitive(path): always secret.
    same(path, old, new): values that differ in writing only. gone(result): an answer that means deleted.
    desired(inputs): inputs with defaults and content hashes. hashes(desired): where these hashes stand.
    body(desired): the JSON sent.
    before(desired): calls before creation; their value is what `body` gets in place of `desired`.
    outputs(result): the answer as properties. problems(inputs): what can't be right.
    """

    resource: str
    address: tuple[str, ...]
    collection: str
    item: str
    required: tuple[str, ...]
    scope: str | None = None
    optional: tuple[str, ...] = ()
    computed: tuple[str, ...] = ()
    kept: frozenset[str] = frozenset()
    volatile: frozenset[str] = frozenset()
    create: str = "POST"
    update: str | None = None
    deletes: bool = True
    read_query: Mapping[str, str] = field(default_factory=dict)
    replaces: Callable[[Path], bool] = lambda _: False
    sensitive: Callable[[Path], bool] = lambda _: False
    same: Callable[[Path, Any, Any], bool] = _same
    desired: Callable[[Values], Values] = dict
    hashes: Callable[[Values], Mapping[Path, str]] = lambda _: {}
    body: Callable[[Values], Any] | None = None
    outputs: Callable[[Any], Values] = to_pulumi
    identify: Callable[[Values, Any], str] = _result_id
    problems: Callable[[Values], list[Failure]] = _nothing_wrong
    gone: Callable[[Any], bool] = lambda _: False
    before: Callable[[Values], Steps] | None = None

    @property
    def inputs(self) -> tuple[str, ...]:
        return (*self.required, *self.optional)

    @property
    def import_format(self) -> str:
        named = (f"<{name}>" for name in self.address)
        return "/".join((self.scope, *named) if self.scope else named)

    def json(self, desired: Values) -> Any:
        """The body that states `desired`."""
        if self.body is not None:
            return self.body(desired)
        in_path = placeholders(self.collection)
        stated = (name for name in self.inputs if name in desired and name not in in_path)
        return to_wire({name: desired[name] for name in stated})


def placeholders(template: str) -> frozenset[str]:
    """The property names in a path template."""
    return frozenset(name for _, name, _, _ in string.Formatter().parse(template) if name)


def fill(template: str, values: Mapping[str, Any]) -> str:
    """A path from its template; each value is one URL segment."""
    return template.format_map({name: quote(str(values[name]), safe="") for name in placeholders(template)})


def top_level(*names: str) -> Callable[[Path], bool]:
    """Every change at or below one of these properties."""
    return lambda path: path[0] in names


SCRIPT: Final = "/accounts/{accountId}/workers/scripts/{scriptName}"
"""Path of a Worker by name: schedules and deployments hang below it."""
