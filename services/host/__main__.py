"""`python3 -B -m services.host ID`: puts the release into force; its variables come on standard input."""

import json
import os
import sys
from pathlib import Path
from typing import NoReturn

from services.host.activation import Given, activate
from services.host.failures import ActivationFailed
from services.host.layout import Layout
from services.host.pythons import OLDEST


def main() -> None:
    if sys.version_info < OLDEST:
        here = ".".join(map(str, sys.version_info[:2]))
        _fail(f"the server's python3 is {here}; the services need {'.'.join(map(str, OLDEST))}")
    os.umask(0o077)
    given = json.load(sys.stdin)
    try:
        done = activate(Layout(Path.home()), sys.argv[1], Given(given["environment"], given["tunnel"]))
    except ActivationFailed as failure:
        _fail(str(failure))
    sys.stdout.write(f"{done}\n")


def _fail(message: str) -> NoReturn:
    sys.stderr.write(f"{message}\n")
    raise SystemExit(1)


if __name__ == "__main__":
    main()
