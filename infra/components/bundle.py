"""The Worker's code as one module, made by the build that lies beside it."""

import subprocess
from pathlib import Path

from infra.errors import UserError
from infra.paths import BUILD, SERVICES

_BUILD_SCRIPT = SERVICES / "edge" / "build.mjs"


def build_edge(out: Path = BUILD / "edge") -> Path:
    """Bundles services/edge and returns the module's path.

    The path is always the same, so that only the content decides whether the Worker's version changes.
    Raises UserError with the bundler's own words if the code does not build.
    """
    run = subprocess.run(
        ["node", str(_BUILD_SCRIPT), "--out", str(out)],
        capture_output=True,
        text=True,
        check=False,
    )
    if run.returncode != 0:
        raise UserError(
            "services/edge", f"does not build:\n{run.stderr.strip()}", "Correct the code and try again"
        )
    return out / "worker.js"
