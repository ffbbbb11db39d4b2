"""The provider plugins in the clone's PULUMI_HOME: official where they can be had, else stand-ins."""

from __future__ import annotations

import os
import shlex
from pathlib import Path
from typing import TYPE_CHECKING

from infra.errors import UserError
from infra.toolchain.cache import remove, swap
from infra.toolchain.downloads import Failures, UnreachableError, fetch_text
from infra.toolchain.engine import MEMORY
from infra.toolchain.process import run
from infra.toolchain.stamps import digest
from infra.toolchain.versions import PROVIDERS, PULUMI

if TYPE_CHECKING:
    from infra.toolchain.setup import Setup

STAND_IN = "STAND-IN"
"""The file that marks a plugin folder as this project's stand-in."""

PROBE = "https://get.pulumi.com/"
INSTALL = 600.0
"""Seconds that a plugin's download may take once its host has answered."""


class ProviderPlugins:
    """`.shoreline/pulumi/plugins/resource-<name>-v<version>` for every provider of versions.py."""

    name = "plugins"

    def __init__(self, probe: str = PROBE) -> None:
        self.probe = probe

    def inputs(self, setup: Setup) -> str:
        stand_ins = [name for name in PROVIDERS if stand_in(setup, name)]
        return digest([str(setup.root), PULUMI, str(PROVIDERS), str(stand_ins)])

    def build(self, setup: Setup) -> list[Path]:
        folders = [self._provide(setup, name, version) for name, version in PROVIDERS.items()]
        return [program for folder in folders if folder for program in folder.glob("pulumi-resource-*")]

    def _provide(self, setup: Setup, name: str, version: str) -> Path | None:
        folder = setup.pulumi_home / "plugins" / f"resource-{name}-v{version}"
        official = find_official(setup, name, version) or self._install(setup, name, version)
        if official is not None:
            link_folder(official, folder)
        elif stand_in(setup, name):
            write_stand_in(setup, name, folder)
            setup.progress.note(
                f"provider plugin {name} {version}: stand-in, as the official one can't be had here"
            )
        else:
            remove(folder)
            setup.progress.note(
                f"provider plugin {name} {version}: can't be had here, and no stand-in exists"
            )
            return None
        return folder

    def _install(self, setup: Setup, name: str, version: str) -> Path | None:
        what = f"provider plugin {name} {version}"
        failures = Failures(setup.cache / MEMORY, retry=setup.retry)
        if failures.recent(what):
            return None
        home = setup.cache / "pulumi-home"
        argv = [setup.bin / "pulumi", "plugin", "install", "resource", name, version]
        environ = {**setup.environ, "PULUMI_HOME": str(home), "PULUMI_SKIP_UPDATE_CHECK": "true"}
        try:
            fetch_text(self.probe)
            with setup.progress.step(what):
                run(argv, log=setup.log(name), cwd=setup.cache, environ=environ, remedy="", timeout=INSTALL)
        except (UnreachableError, UserError):
            failures.add(what)
            return None
        failures.drop(what)
        return find_official(setup, name, version)


def stand_in(setup: Setup, name: str) -> bool:
    """Whether this project has a stand-in for the provider."""
    return (setup.folder / "plugins" / name / "__main__.py").is_file()


def find_official(setup: Setup, name: str, version: str) -> Path | None:
    """The official plugin's folder, where the user or an earlier run has installed it."""
    homes = [Path(setup.environ.get("HOME") or Path.home()) / ".pulumi", setup.cache / "pulumi-home"]
    if told := setup.environ.get("PULUMI_HOME"):
        homes.insert(0, Path(told))
    for home in homes:
        folder = home / "plugins" / f"resource-{name}-v{version}"
        complete = not folder.with_name(f"{folder.name}.partial").exists()
        program = folder / f"pulumi-resource-{name}"
        own = home.resolve() == setup.pulumi_home.resolve() or (folder / STAND_IN).exists()
        if complete and not own and os.access(program, os.X_OK):
            return folder
    return None


def link_folder(source: Path, folder: Path) -> None:
    """Make `folder` a real folder of links to what is in `source`: the engine passes over a linked folder."""
    incoming = _incoming(folder)
    for entry in source.iterdir():
        (incoming / entry.name).symlink_to(entry)
    swap(incoming, folder)


def write_stand_in(setup: Setup, name: str, folder: Path) -> None:
    """Make `folder` a plugin that runs this project's stand-in in the clone's Python environment."""
    incoming = _incoming(folder)
    python = shlex.quote(str(setup.venv / "bin" / "python"))
    program = incoming / f"pulumi-resource-{name}"
    # -P: the engine runs plugins in infra/, whose modules must not pass for others.
    program.write_text(
        f'#!/bin/sh\nexec {python} -P -m infra.toolchain.plugins.{name} "$@"\n', encoding="utf-8"
    )
    program.chmod(0o755)
    (incoming / STAND_IN).write_text("This project's stand-in for the official plugin.\n", encoding="utf-8")
    swap(incoming, folder)


def _incoming(folder: Path) -> Path:
    """An empty folder outside the plugin folder, where the engine does not look."""
    incoming = folder.parent.parent / "incoming" / folder.name
    remove(incoming)
    incoming.mkdir(parents=True)
    folder.parent.mkdir(parents=True, exist_ok=True)
    return incoming
