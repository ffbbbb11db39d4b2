"""`python3 -m infra.toolchain`: tells an old Python in words that it can read, and hands on to command.py."""

import sys

if sys.version_info < (3, 11):  # noqa: UP036 - this is where an older one is told
    sys.exit("error: Shoreline needs Python 3.11 or newer. Name one: make PYTHON=python3.12 up")

from infra.toolchain.command import main

sys.exit(main(sys.argv[1:]))
