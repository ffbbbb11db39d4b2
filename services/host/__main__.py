"""`python3 -B -m services.host activate ID` puts a release into force; its variables come on standard input.

`drain [ID ...]` ends every release but these and the one in force; `end` ends everything.
"""

import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

from services.host.activation import Given, activate, drain, end
from services.host.failures import ActivationFailed
from services.host.layout import Layout
from services.host.pythons import OLDEST


def main(verb: str, words: Sequence[str]) -> None:
    if sys.version_info < OLDEST:
        here = ".".join(map(str, sys.version_info[:2]))
        _fail(f"the server's python3 is {here}; the services need {'.'.join(map(str, OLDEST))}")
    os.umask(0o077)
    try:
        done = _do(verb, words, Layout(Path.home()))
    except ActivationFailed as failure:
        _fail(str(failure))
    sys.stdout.write(f"{done}\n")


def _do(verb: str, words: Sequence[str], layout: Layout) -> str:
    match verb:
        case "activate":
            return activate(layout, words[0], Given(**json.load(sys.stdin)))
        case "drain":
            return drain(layout, words)
        case "end":
            return end(layout)
    return _fail(f"{verb}: choose of activate, drain, end")


def _fail(message: str) -> NoReturn:
    sys.stderr.write(f"{message}\n")
    raise SystemExit(1)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
