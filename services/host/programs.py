"""Running the server's programs."""

import subprocess
from collections.abc import Sequence
from pathlib import Path

from services.host.failures import Mishap

_LINES = 15


def run(argv: Sequence[str | Path], *, timeout: float) -> str:
    """The program's output. Raises Mishap with the end of it if it fails."""
    name = Path(argv[0]).name
    try:
        done = subprocess.run(
            [str(word) for word in argv],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            timeout=timeout,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise Mishap(f"{name} did not end within {timeout:g} s") from None
    except OSError as error:
        raise Mishap(f"{name} can't be run: {error.strerror}") from None
    if done.returncode != 0:
        raise Mishap(f"{name} failed with exit status {done.returncode}{indented(done.stdout)}")
    return done.stdout


def indented(output: str) -> str:
    """The end of an output, a colon before it and each line on its own; nothing for none."""
    lines = output.strip().splitlines()[-_LINES:]
    return "".join([":", *(f"\n    {line}" for line in lines)]) if lines else ""
