"""What is done on a server, as values: the release's place, the command, its input."""

import json
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from services.host.layout import RELEASES
from services.settings import environments


@dataclass(frozen=True)
class OnServer:
    """What the host's part of a release does (services/host), repeatable. `release`: its id."""

    release: str

    @property
    def folder(self) -> str:
        """Where the release lies, below the user's home."""
        return f"{RELEASES}/{self.release}"

    @property
    def activate(self) -> str:
        """Puts it into force. Reads `variables` from standard input, so that they show in no process list."""
        return self._command("activate", self.release)

    def drain(self, keep: Sequence[str]) -> str:
        """Ends every release but this one and those of `keep`."""
        return self._command("drain", self.release, *keep)

    def _command(self, *words: str) -> str:
        argv = shlex.join(["python3", "-B", "-m", "services.host", *words])
        return f"cd {shlex.quote(self.folder)} && exec {argv}"


def variables(given: Mapping[str, str], *, proxy: Mapping[str, str], tunnel: Mapping[str, str]) -> str:
    """The input of `activate`: the variables of each service, of the proxy, and of the tunnel."""
    return json.dumps({"environments": environments(given), "proxy": proxy, "tunnel": tunnel}, sort_keys=True)
