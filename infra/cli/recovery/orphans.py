"""Plugins and language hosts whose engine was killed. They may still call a vendor, so they end first."""

from collections.abc import Iterator

import psutil

from infra.paths import ROOT
from infra.toolchain.environment import CLONE

_ENGINE = "pulumi"
_GRACE_SECONDS = 3.0


def end_orphans() -> int:
    """Ends them and returns how many there were."""
    orphans = list(_orphans())
    for process in orphans:
        process.terminate()
    _, alive = psutil.wait_procs(orphans, timeout=_GRACE_SECONDS)
    for process in alive:
        process.kill()
    psutil.wait_procs(alive, timeout=_GRACE_SECONDS)
    return len(orphans)


def _orphans() -> Iterator[psutil.Process]:
    for process in psutil.process_iter():
        try:
            if _is_engine_part(process.cmdline()) and _of_this_clone(process) and not _has_engine(process):
                yield process
        except (psutil.NoSuchProcess, psutil.AccessDenied):
            continue


def _is_engine_part(command: list[str]) -> bool:
    """Plugins, language hosts and the dynamic providers' process, by what stands in their command line."""
    markers = ("pulumi-resource-", "pulumi-language-", "pulumi.dynamic", "infra.toolchain.plugins.")
    return any(marker in argument for argument in command[:5] for marker in markers)


def _of_this_clone(process: psutil.Process) -> bool:
    return process.environ().get(CLONE) == str(ROOT)


def _has_engine(process: psutil.Process) -> bool:
    return any(parent.name() == _ENGINE for parent in process.parents())
