"""The tool environment: what a command needs to find the tools and the dev stack. It never holds a secret."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from infra.paths import LOCAL, PULUMI_HOME, ROOT, STATE

if TYPE_CHECKING:
    from collections.abc import Mapping

PASSPHRASE_FILE = ROOT / "infra" / "localcloud" / "passphrase.txt"
"""Holds the passphrase that encrypts the dev stack's secrets, and nothing else.

It is public: those secrets open nothing but emulators on this machine's loopback interface.
"""

CLONE = "SHORELINE_ROOT"
"""The variable by which a process is known as one of this clone's, even when its parent is gone."""

UNSET = ("PULUMI_CONFIG_PASSPHRASE", "PYTHONHOME", "PYTHONPATH")
"""What would win over these settings, or over the packages of `.venv`."""


def tool_path(path: str) -> str:
    """`path` with the tool folders in front, each once."""
    own = [str(folder) for folder in (ROOT / ".venv" / "bin", LOCAL / "bin", ROOT / "node_modules" / ".bin")]
    return ":".join([*own, *(entry for entry in path.split(":") if entry not in own)])


def tool_variables(environ: Mapping[str, str]) -> dict[str, str]:
    """The variables to set."""
    return {
        "PATH": tool_path(environ.get("PATH", "")),
        "VIRTUAL_ENV": str(ROOT / ".venv"),
        "PULUMI_HOME": str(PULUMI_HOME),
        "PULUMI_BACKEND_URL": f"file://{STATE}",
        "PULUMI_CONFIG_PASSPHRASE_FILE": str(PASSPHRASE_FILE),
        "PULUMI_STACK": environ.get("PULUMI_STACK") or "dev",
        "PULUMI_SKIP_UPDATE_CHECK": "true",
        CLONE: str(ROOT),
    }


def tool_environment(environ: Mapping[str, str]) -> dict[str, str]:
    """A whole environment for a command."""
    kept = {name: value for name, value in environ.items() if name not in UNSET}
    return {**kept, **tool_variables(environ)}


def shell_exports(environ: Mapping[str, str]) -> str:
    """The same for a POSIX shell's `eval`."""
    exports = [f"export {name}={shlex.quote(value)}" for name, value in tool_variables(environ).items()]
    return "\n".join([f"unset {' '.join(UNSET)}", *exports, ""])
