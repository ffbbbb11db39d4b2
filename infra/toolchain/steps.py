"""The steps of the toolchain in their order, and the way to see that all of them still stand."""

from __future__ import annotations

import errno
import os
from typing import TYPE_CHECKING, Protocol

from infra.errors import UserError
from infra.toolchain.cache import locked
from infra.toolchain.stamps import Stamp

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from infra.toolchain.setup import Setup


class Step(Protocol):
    """One part of the tool environment."""

    @property
    def name(self) -> str: ...

    def inputs(self, setup: Setup) -> str:
        """A digest of all that determines the outcome."""

    def build(self, setup: Setup) -> list[Path]:
        """Make it; returns the files that stand for it."""


def default_steps() -> list[Step]:
    """All steps; each may use what the ones before it made."""
    from infra.toolchain.engine import Engine
    from infra.toolchain.node import Node, NodePackages
    from infra.toolchain.provider_plugins import ProviderPlugins
    from infra.toolchain.python_environment import Packages, Project

    return [Packages(), Project(), Node(), NodePackages(), Engine(), ProviderPlugins()]


def missing(setup: Setup, steps: Sequence[Step]) -> list[Step]:
    """The steps whose stamp no longer holds."""
    return [step for step in steps if not _stamp(setup, step).holds(step.inputs(setup))]


def ensure(setup: Setup, steps: Sequence[Step], *, again: frozenset[str] = frozenset()) -> None:
    """Make what is missing, and the steps named in `again` anyway. Two runs in one clone take turns."""
    if not again and not missing(setup, steps):
        return
    _check_writable(setup.stamps, "Clone the project to a folder that you can write to")
    _check_writable(setup.cache, "Set XDG_CACHE_HOME to a folder that you can write to")
    with locked(setup.stamps / "lock", setup.progress):
        for step in steps:
            stamp, inputs = _stamp(setup, step), step.inputs(setup)
            if step.name not in again and stamp.holds(inputs):
                continue
            stamp.drop()
            stamp.write(inputs, step.build(setup))


def _check_writable(folder: Path, remedy: str) -> None:
    """Make the folder. Raises UserError if it can't be made or written to."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if not os.access(folder, os.W_OK):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
    except OSError as error:
        raise UserError(str(folder), f"can't be written: {error.strerror}", remedy) from None


def _stamp(setup: Setup, step: Step) -> Stamp:
    return Stamp(setup.stamps / f"{step.name}.json")
