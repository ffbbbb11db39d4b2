"""What the edge is given, by the builds that lie beside the sources: the Worker's module and the assets."""

import subprocess
from pathlib import Path

from infra.errors import UserError
from infra.paths import BUILD, SERVICES


def build_edge(out: Path = BUILD / "edge") -> Path:
    """Bundles services/edge and returns the module's path.

    The path is always the same, so that only the content decides whether the Worker's version changes.
    Raises UserError with the bundler's own words if the code does not build.
    """
    _build("edge", out)
    return out / "worker.js"


def build_web(out: Path = BUILD / "web") -> Path:
    """Builds services/web and returns the folder of the static assets. Raises UserError likewise."""
    _build("web", out)
    return out


def _build(service: str, out: Path) -> None:
    run = subprocess.run(
        ["node", str(SERVICES / service / "build.mjs"), "--out", str(out)],
        capture_output=True,
        text=True,
        check=False,
    )
    if run.returncode != 0:
        raise UserError(
            f"services/{service}", f"does not build:\n{run.stderr.strip()}", "Correct the code and try again"
        )
