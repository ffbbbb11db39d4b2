"""The Worker's own modules in Node, for tests of what is pure in them."""

import json
import subprocess
from pathlib import Path
from typing import Any

from infra.paths import NODE_MODULES

_ESBUILD = NODE_MODULES / ".bin" / "esbuild"


def bundled(cases: Path, folder: Path) -> Path:
    """One script of `cases` and the modules that it imports."""
    script = folder / "cases.mjs"
    argv: list[str | Path] = [_ESBUILD, cases, "--bundle", "--format=esm", "--platform=node"]
    subprocess.run([*argv, "--log-level=warning", f"--outfile={script}"], check=True)
    return script


def run(script: Path, given: object) -> Any:
    """What the script writes as JSON, given JSON. Raises RuntimeError with what it says if it fails."""
    text = json.dumps(given)
    result = subprocess.run(["node", script], input=text, capture_output=True, text=True, check=False)
    if result.returncode != 0:
        raise RuntimeError(result.stderr)
    return json.loads(result.stdout)
