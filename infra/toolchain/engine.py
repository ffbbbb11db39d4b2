"""Which Pulumi CLI: the pinned one on PATH, the official release, or one built from its Go module."""

from __future__ import annotations

import platform
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from infra.toolchain.cache import place
from infra.toolchain.downloads import Failures, UnreachableError
from infra.toolchain.gobuild import build_into_cache, module_files
from infra.toolchain.node import outer_path
from infra.toolchain.process import answer
from infra.toolchain.release import PROGRAMS, download_release, release_sources
from infra.toolchain.stamps import digest
from infra.toolchain.versions import LANGUAGE_HOST, PULUMI

if TYPE_CHECKING:
    from collections.abc import Callable

    from infra.toolchain.setup import Setup

MEMORY = "downloads.json"
RELEASE = f"Pulumi CLI {PULUMI}"


@dataclass(frozen=True)
class Engine:
    """`pulumi` in the tool folder. A test brings its own release hosts and its own build."""

    sources: tuple[str, ...] = tuple(release_sources(PULUMI))
    build_into: Callable[[Setup, Path], Path] = build_into_cache

    name = "pulumi"

    def inputs(self, setup: Setup) -> str:
        return digest([str(setup.root), PULUMI, LANGUAGE_HOST], module_files(setup))

    def build(self, setup: Setup) -> list[Path]:
        program = self.choose(setup)
        version = answer([program, "version"], {**setup.environ, "PULUMI_SKIP_UPDATE_CHECK": "true"})
        assert version == f"v{PULUMI}", f"{program} says that it is {version}"
        return [setup.link("pulumi", program), *(program.resolve().with_name(name) for name in PROGRAMS)]

    def choose(self, setup: Setup) -> Path:
        """The `pulumi` to use, installed by the first way that works."""
        return self._on_path(setup) or self._release(setup) or self._built(setup)

    def _on_path(self, setup: Setup) -> Path | None:
        found = shutil.which("pulumi", path=outer_path(setup))
        if found is None or answer([found, "version"], setup.environ) != f"v{PULUMI}":
            return None
        program = Path(found).resolve()
        return Path(found) if all(program.with_name(name).exists() for name in PROGRAMS) else None

    def _release(self, setup: Setup) -> Path | None:
        folder = setup.cache / f"pulumi-{PULUMI}-release-{_machine()}"
        failures = Failures(setup.cache / MEMORY, retry=setup.retry)
        if not folder.is_dir() and failures.recent(RELEASE):
            return None
        try:
            place(
                folder,
                lambda incoming: download_release(PULUMI, list(self.sources), incoming, setup.progress),
                setup.progress,
            )
        except UnreachableError as error:
            failures.add(RELEASE)
            setup.progress.note(f"{RELEASE}: the official release can't be downloaded ({error})")
            return None
        failures.drop(RELEASE)
        return folder / "pulumi"

    def _built(self, setup: Setup) -> Path:
        key = digest([LANGUAGE_HOST, _machine()], module_files(setup))[:12]
        return self.build_into(setup, setup.cache / f"pulumi-{PULUMI}-built-{key}") / "pulumi"


def _machine() -> str:
    return f"{sys.platform}-{platform.machine()}"
