"""What a change of inputs means: nothing, an update or a replacement."""

from typing import Literal

import pytest

from infra.toolchain.plugins.command.kinds import COMMAND, COPY, Kind
from infra.toolchain.plugins.command.servicer import decide
from infra.toolchain.plugins.command.sources import ARCHIVE
from infra.toolchain.plugins.values import SIGNATURE, UNKNOWN, Values

Decision = Literal["update", "replace"]

RUN: Values = {"connection": {"host": "h", "port": 22}, "create": "true", "triggers": ["1"], "stdin": "in"}
SENT: Values = {
    "connection": {"host": "h"},
    "remotePath": "here",
    "source": {SIGNATURE: ARCHIVE, "path": "folder/", "hash": "1"},
    "triggers": ["h"],
}
CASES: list[tuple[Kind, Values, Decision | None]] = [
    (COMMAND, {}, None),
    (COMMAND, {"create": "false"}, "update"),
    (COMMAND, {"create": UNKNOWN}, "update"),
    (COMMAND, {"update": "false"}, "update"),
    (COMMAND, {"delete": "false"}, "update"),
    (COMMAND, {"stdin": "other"}, "update"),
    (COMMAND, {"stdin": None}, "update"),
    (COMMAND, {"environment": {"A": "1"}}, "update"),
    (COMMAND, {"connection": {"host": "other", "port": 22}}, "update"),
    (COMMAND, {"triggers": ["2"]}, "replace"),
    (COMMAND, {"triggers": ["1", "2"]}, "replace"),
    (COMMAND, {"triggers": UNKNOWN}, "replace"),
    (COPY, {}, None),
    (COPY, {"source": {SIGNATURE: ARCHIVE, "path": "elsewhere/", "hash": "1"}}, None),
    (COPY, {"source": {SIGNATURE: ARCHIVE, "path": "folder/", "hash": "2"}}, "update"),
    (COPY, {"remotePath": "there"}, "update"),
    (COPY, {"connection": {"host": "other"}}, "update"),
    (COPY, {"triggers": ["other"]}, "replace"),
]


@pytest.mark.parametrize(("kind", "change", "decision"), CASES)
def test_a_change_is_nothing_an_update_or_a_replacement(
    kind: Kind, change: Values, decision: Decision | None
) -> None:
    old = RUN if kind is COMMAND else SENT
    found = decide(kind, old, {**old, **change})
    assert [one.path[0] for one in found] == list(change if decision else {})
    assert {one.replaces for one in found} == ({decision == "replace"} if decision else set())
