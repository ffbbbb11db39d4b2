"""What earlier activations left: kept as far as it may still be needed."""

import shutil
from pathlib import Path

from services.host import proxy, systemd
from services.host.layout import Layout, live

KEPT = 5
"""Releases, the one in force among them."""


def prune(layout: Layout) -> None:
    """Removes all but the newest releases and those in use, and environments that none of them uses."""
    releases = sorted(_folders(layout.releases), key=_age, reverse=True)
    in_use = {layout.in_force(), *systemd.installed(layout.units, proxy.NAME)}
    in_use |= {release.name for release in releases if live(release).exists()}
    others = [release for release in releases if release.name not in in_use]
    for release in others[max(0, KEPT - len(in_use)) :]:
        shutil.rmtree(release)
    pythons = (release / "python" for release in _folders(layout.releases))
    used = {python.readlink().name for python in pythons if python.is_symlink()}
    for environment in _folders(layout.environments):
        if environment.name not in used:
            shutil.rmtree(environment)


def _folders(folder: Path) -> list[Path]:
    return [path for path in folder.iterdir() if path.is_dir()] if folder.is_dir() else []


def _age(release: Path) -> float:
    """When it was last put into force: then its environment is written."""
    written = release / "environment"
    return (written if written.exists() else release).stat().st_mtime
