"""A release: all that a server runs, staged in one folder and named by its content."""

import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from infra.components.units import rendered
from infra.errors import UserError
from infra.paths import BUILD, SERVICES
from infra.settings import KeySettings
from services.host.contents import identify
from services.host.pythons import LOCK

ELSEWHERE = frozenset({"edge", "web", "schema"})
"""Parts of services/ that run on no server: the edge's, and the schema, which a provider applies."""


@dataclass(frozen=True)
class Release:
    """A staged release. `id` depends on its content only, neither on the machine nor on the time."""

    id: str
    folder: Path

    @classmethod
    def current(
        cls,
        pages: Path,
        services: Path = SERVICES,
        folder: Path = BUILD / "release",
        *,
        keys: KeySettings = KeySettings(),  # noqa: B008 - frozen
    ) -> Self:
        """The release of the code as it is, staged in `folder`: always the same, so that only content counts.

        `pages`: the built static assets, which the front serves. `keys`: with others it is another release,
        which starts beside the one that has the former ones. Raises UserError where the services' lock
        file is missing.
        """
        stage(contents(services, pages, keys), folder)
        return cls(identify(folder), folder)


def contents(services: Path, pages: Path, keys: KeySettings) -> Mapping[str, bytes]:
    """The files of a release by their path in it."""
    lock = services / LOCK
    if not lock.is_file():
        raise UserError(f"services/{LOCK}", "is missing", "Run `make lock`")
    code = {f"services/{name}": (services / name).read_bytes() for name in _code(services)}
    units = {f"units/{name}": text.encode() for name, text in rendered().items()}
    assets = (path for path in sorted(pages.rglob("*")) if path.is_file())
    site = {f"pages/{path.relative_to(pages).as_posix()}": path.read_bytes() for path in assets}
    return {**code, **units, **site, LOCK: lock.read_bytes(), "keys.json": keys.model_dump_json().encode()}


def _code(services: Path) -> Iterator[str]:
    for path in sorted(services.rglob("*")):
        parts = path.relative_to(services).parts
        hidden = any(part == "__pycache__" or part.startswith(".") for part in parts)
        requirements = len(parts) == 1 and parts[0].startswith("requirements.")
        if path.is_file() and parts[0] not in ELSEWHERE and not hidden and not requirements:
            yield path.relative_to(services).as_posix()


def stage(files: Mapping[str, bytes], folder: Path) -> None:
    """Makes the folder hold exactly these files; one that is right already is not touched."""
    folder.mkdir(parents=True, exist_ok=True)
    wanted = {folder / name: content for name, content in files.items()}
    folders = {parent for path in wanted for parent in path.parents}
    for path in sorted(folder.rglob("*")):
        if path.is_dir() and path not in folders:
            shutil.rmtree(path)
        elif path.is_file() and path not in wanted:
            path.unlink()
    for path, content in wanted.items():
        if not path.is_file() or path.read_bytes() != content:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
