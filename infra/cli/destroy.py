"""`make destroy`: every resource, then every process, port and file of the dev stack."""

import shutil
import subprocess
import sys

from infra.cli import engine, recovery
from infra.cli.steps import step
from infra.cli.up import prepare_stack, start_local_cloud
from infra.paths import BUILD, ROOT, STATE


def destroy() -> None:
    recovery.drop_broken_attributes(engine.backend())
    if engine.stack_exists():
        start_local_cloud()
        prepare_stack()
        with step("pulumi destroy"):
            engine.run("destroy", "--yes", "--skip-preview")
        engine.read("stack", "rm", engine.stack(), "--yes", "--preserve-config")
    with step("remove the local cloud and its data"):
        subprocess.run([sys.executable, "-m", "infra.localcloud", "reset", "--yes"], cwd=ROOT, check=True)
        for folder in (STATE, BUILD):
            shutil.rmtree(folder, ignore_errors=True)
