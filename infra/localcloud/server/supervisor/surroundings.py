"""The environment and the folders that a unit asks for."""

import shutil
from pathlib import Path

from infra.localcloud.server.layout import SYSTEM_PATH, Layout, cache_home, state_home
from infra.localcloud.server.units import environment
from infra.localcloud.server.units.unit import Unit


def search_path(layout: Layout) -> tuple[str, ...]:
    """Where a program that a unit names without a path is looked for."""
    return (str(layout.programs), *SYSTEM_PATH)


def variables(layout: Layout, unit: Unit) -> tuple[dict[str, str], list[str]]:
    """The unit's variables, and what was wrong in its files.

    Environment= comes before EnvironmentFile=, UnsetEnvironment= last, as systemd has it. Raises OSError for
    a file that cannot be read, UnicodeDecodeError for one that is no text.
    """
    found = {**layout.environment(), **dict(unit.environment)}
    complaints = []
    for file in unit.environment_files:
        paths = sorted(map(str, Path("/").glob(file.path.lstrip("/"))))
        if not paths and not file.optional:
            raise FileNotFoundError(f"EnvironmentFile={file.path} does not exist")
        for path in paths:
            read, ignored = environment.parse(Path(path).read_text("utf-8"))
            found |= read
            complaints += (
                [f"{path}: {len(ignored)} lines are no NAME=value and are ignored"] if ignored else []
            )
    for name in unit.unset_environment:
        key, equals, value = name.partition("=")
        if not equals or found.get(key) == value:
            found.pop(key, None)
    return found, complaints


def make_folders(layout: Layout, unit: Unit) -> dict[str, str]:
    """Make RuntimeDirectory=, StateDirectory= and CacheDirectory=; returns the variables that name them."""
    found = {}
    for variable, base, names, mode in _folders(layout, unit):
        for name in names:
            folder = base / name
            folder.mkdir(parents=True, exist_ok=True)
            folder.chmod(mode)
        if names:
            found[variable] = ":".join(str(base / name) for name in names)
    return found


def remove_runtime_folders(layout: Layout, unit: Unit) -> None:
    for name in unit.runtime_directory:
        shutil.rmtree(layout.runtime / name, ignore_errors=True)


def _folders(layout: Layout, unit: Unit) -> list[tuple[str, Path, tuple[str, ...], int]]:
    home = layout.home
    return [
        ("RUNTIME_DIRECTORY", layout.runtime, unit.runtime_directory, unit.runtime_directory_mode),
        ("STATE_DIRECTORY", state_home(home), unit.state_directory, unit.state_directory_mode),
        ("CACHE_DIRECTORY", cache_home(home), unit.cache_directory, unit.cache_directory_mode),
    ]
