"""The limits of a contained process, which it sets for itself before it reads anything."""

import resource
import sys
from collections.abc import Callable
from typing import NoReturn

from services.common.files.disk import is_full

MIB = 1024 * 1024
MEMORY_BYTES = 640 * MIB
CPU_SECONDS = 30
FILE_BYTES = 64 * MIB
OPEN_FILES = 64


def run(main: Callable[..., int], *arguments: object) -> NoReturn:
    """Within the limits; says so where there is no room on the disk, which is no fault of the file."""
    confine()
    try:
        sys.exit(main(*arguments))
    except OSError as error:
        if is_full(error):
            print("full", flush=True)
        raise


def confine() -> None:
    """For good: a process may lower its limits, and not raise them again."""
    for limit, most in (
        (resource.RLIMIT_AS, MEMORY_BYTES),
        (resource.RLIMIT_CPU, CPU_SECONDS),
        (resource.RLIMIT_FSIZE, FILE_BYTES),
        (resource.RLIMIT_NOFILE, OPEN_FILES),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(limit, (most, most))
