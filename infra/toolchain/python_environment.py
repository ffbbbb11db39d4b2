"""The clone's Python environment: the locked packages, compiled, and the project itself as editable."""

from __future__ import annotations

from typing import TYPE_CHECKING

from infra.toolchain.process import answer, run
from infra.toolchain.stamps import digest
from infra.toolchain.wheels import INDEX_REMEDY, base_python, uv, uv_environment

if TYPE_CHECKING:
    from pathlib import Path

    from infra.toolchain.setup import Setup


class Packages:
    """`.venv` with exactly what requirements.lock names, hashes checked."""

    name = "python"

    def inputs(self, setup: Setup) -> str:
        locks = [setup.root / "requirements.lock", setup.folder / "bootstrap.lock"]
        return digest([str(setup.root)], locks)

    def build(self, setup: Setup) -> list[Path]:
        tool, environ = uv(setup), uv_environment(setup.environ)
        python = setup.venv / "bin" / "python"
        with setup.progress.step("Python packages"):
            # One that works is kept, so that a new lock file costs what it changes.
            if answer([python, "-c", "import sys; print(sys.prefix)"], setup.environ) != str(setup.venv):
                argv = [
                    tool,
                    "venv",
                    "--quiet",
                    "--clear",
                    "--no-project",
                    "--python",
                    base_python(),
                    setup.venv,
                ]
                run(argv, log=setup.log("venv"), cwd=setup.root, environ=environ, remedy=INDEX_REMEDY)
            argv = [
                tool,
                "pip",
                "sync",
                "--python",
                python,
                "--require-hashes",
                "--compile-bytecode",
                "--strict",
            ]
            argv += [setup.root / "requirements.lock"]
            run(argv, log=setup.log("python"), cwd=setup.root, environ=environ, remedy=INDEX_REMEDY)
        # The engine's Python host looks for uv on PATH, as Pulumi.yaml names it as the toolchain.
        return [python, setup.venv / "pyvenv.cfg", setup.link("uv", tool)]


class Project:
    """`infra` and `services`, importable from every folder."""

    name = "project"

    def inputs(self, setup: Setup) -> str:
        return digest([Packages().inputs(setup)], [setup.root / "pyproject.toml"])

    def build(self, setup: Setup) -> list[Path]:
        argv = [
            uv(setup),
            "pip",
            "install",
            "--python",
            setup.venv / "bin" / "python",
            "--offline",
            "--no-deps",
        ]
        argv += ["--no-index", "--no-build-isolation", "--quiet", "--editable", setup.root]
        remedy = "See what the log says of pyproject.toml."
        environ = {key: value for key, value in setup.environ.items() if not key.startswith("UV_")}
        with setup.progress.step("the project's own packages"):
            run(argv, log=setup.log("project"), cwd=setup.root, environ=environ, remedy=remedy)
        # Packages makes the environment anew, and with it this step.
        return [
            setup.stamps / f"{Packages.name}.json",
            *setup.venv.glob("lib/python*/site-packages/_shoreline.pth"),
        ]
