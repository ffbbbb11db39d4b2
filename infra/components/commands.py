"""What is done on a server, as values: the release's place, the command, its input."""

import json
import shlex
from collections.abc import Mapping
from dataclasses import dataclass

from services.host.layout import RELEASES


@dataclass(frozen=True)
class Activation:
    """Puts a release into force on the server that holds it. `release`: its id."""

    release: str

    @property
    def folder(self) -> str:
        """Where the release lies, below the user's home."""
        return f"{RELEASES}/{self.release}"

    @property
    def command(self) -> str:
        """Repeatable. It reads `variables` from standard input, so that they show in no process list."""
        activate = shlex.join(["python3", "-B", "-m", "services.host", self.release])
        return f"cd {shlex.quote(self.folder)} && exec {activate}"


def variables(environment: Mapping[str, str], tunnel: Mapping[str, str]) -> str:
    """The command's input: the variables of the services, and those of the tunnel."""
    return json.dumps({"environment": environment, "tunnel": tunnel}, sort_keys=True)
