"""What earlier activations left: kept as far as it may still be needed."""

import shutil
from pathlib import Path

from services.host.layout import Layout

KEPT = 5
"""Releases, the one in force among them."""


def prune(layout: Layout) -> None:
    """Removes all but the newest releases and the one in force, and environments that none of them uses."""
    in_force = layout.in_force()
    releases = sorted(_folders(layout.releases), key=lambda path: (path.name == in_force, _age(path)))
    for release in releases[:-KEPT]:
        shutil.rmtree(release)
    used = {
        (release / "python").readlink().name
        for release in releases[-KEPT:]
        if (release / "python").is_symlink()
    }
    for environment in _folders(layout.environments):
        if environment.name not in used:
            shutil.rmtree(environment)


def _folders(folder: Path) -> list[Path]:
    return [path for path in folder.iterdir() if path.is_dir()] if folder.is_dir() else []


def _age(release: Path) -> float:
    """When it was last put into force: then its environment is written."""
    written = release / "environment"
    return (written if written.exists() else release).stat().st_mtime
