"""Resolving all dependencies anew: the lock files, with hashes and without an address of any index."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from infra.toolchain.cache import remove
from infra.toolchain.gobuild import REMEDY as GO_REMEDY
from infra.toolchain.gobuild import build_environment, find_go, module_files
from infra.toolchain.node import REMEDY as NODE_REMEDY
from infra.toolchain.process import run
from infra.toolchain.wheels import INDEX_REMEDY, uv, uv_environment

if TYPE_CHECKING:
    from infra.toolchain.setup import Setup


def lock(setup: Setup) -> None:
    """Write requirements.lock, the tools' locks, package-lock.json and the Go modules' sums."""
    _lock_python(setup)
    with setup.progress.step("package-lock.json"):
        environ = {**setup.environ, "PATH": f"{setup.bin}{os.pathsep}{setup.environ.get('PATH', '')}"}
        argv = [setup.bin / "npm", "update", "--package-lock-only", "--ignore-scripts"]
        run(argv, log=setup.log("lock-npm"), cwd=setup.root, environ=environ, remedy=NODE_REMEDY)
    _lock_go(setup)


def _lock_python(setup: Setup) -> None:
    project, services = setup.root / "requirements", setup.root / "services" / "requirements"
    tools = [setup.folder / name for name in ("bootstrap", "node", "go")]
    for base in (project, services, *tools):
        source, target = base.with_suffix(".in"), base.with_suffix(".lock")
        argv = [
            uv(setup),
            "pip",
            "compile",
            "--upgrade",
            "--universal",
            "--python-version",
            "3.11",
            "--generate-hashes",
        ]
        argv += ["--no-emit-index-url", "--no-annotate", "--no-header", "--quiet", source, "-o", target]
        # The services run with the very versions that the tests run them with.
        argv += ["--constraints", project.with_suffix(".lock")] if base == services else []
        with setup.progress.step(target.name):
            environ = uv_environment(setup.environ)
            run(argv, log=setup.log("lock-python"), cwd=setup.root, environ=environ, remedy=INDEX_REMEDY)


def _lock_go(setup: Setup) -> None:
    work = setup.cache / "lock.work"
    go = find_go(setup, work)
    environ = build_environment(setup, go, work)
    for module in dict.fromkeys(file.parent for file in module_files(setup)):
        with setup.progress.step(f"go.sum of {module.name}"):
            argv = [go, "mod", "tidy", "-modcacherw"]
            run(argv, log=setup.log("lock-go"), cwd=module, environ=environ, remedy=GO_REMEDY)
    remove(work)
