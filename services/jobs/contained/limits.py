"""The limits of a contained process, which it sets for itself before it reads anything."""

import resource

MIB = 1024 * 1024
MEMORY_BYTES = 640 * MIB
CPU_SECONDS = 30
FILE_BYTES = 64 * MIB
OPEN_FILES = 64


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
