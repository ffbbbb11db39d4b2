"""git in this clone."""

import os
import subprocess
from pathlib import Path

from infra.errors import UserError
from infra.paths import ROOT


def attempt(
    *words: str, stdin: bytes = b"", index: Path | None = None
) -> "subprocess.CompletedProcess[bytes]":
    """What `git WORDS` said, and how it ended. `index`: in place of the clone's own."""
    environment = {**os.environ, **({"GIT_INDEX_FILE": str(index)} if index else {})}
    return subprocess.run(
        ["git", *words], cwd=ROOT, env=environment, input=stdin, capture_output=True, check=False
    )


def output(*words: str, stdin: bytes = b"", index: Path | None = None) -> bytes:
    """Raises UserError with what git said otherwise."""
    done = attempt(*words, stdin=stdin, index=index)
    if done.returncode != 0:
        said = done.stderr.decode(errors="replace").strip()
        raise UserError(f"git {words[0]}", said, "Mend what it names and run the command again")
    return done.stdout


def text(*words: str, index: Path | None = None) -> str:
    """The same of what is a line. Raises UserError."""
    return output(*words, index=index).decode().strip()
