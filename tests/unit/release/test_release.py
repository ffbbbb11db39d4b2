"""A release: what is in it, its id, and the folder it is staged in."""

import ast
from pathlib import Path

import pytest

from infra.components.release import Release, contents, stage
from infra.errors import UserError
from infra.paths import SERVICES
from infra.settings import KeySettings
from services.host.contents import identify


@pytest.fixture
def services(tmp_path: Path) -> Path:
    folder = tmp_path / "services"
    for name in (
        "__init__.py", "requirements.in", "requirements.lock", "settings.py", "api/__init__.py", "api/app.py",
        "api/__pycache__/app.pyc", "api/.hidden", "contract/note.schema.json", "edge/src/index.ts",
        "web/public/index.html", "schema/0001_notes.sql",
    ):  # fmt: skip
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(name)
    return folder


def current(services: Path) -> Release:
    return Release.current(services / "web" / "public", services, services.parent / "staged")


def test_a_release_holds_what_a_server_runs_and_nothing_else(services: Path) -> None:
    assert sorted(contents(services, services / "web" / "public", KeySettings())) == [
        "keys.json",
        "pages/index.html",
        "requirements.lock",
        "services/__init__.py",
        "services/api/__init__.py",
        "services/api/app.py",
        "services/contract/note.schema.json",
        "services/settings.py",
        "units/shoreline-api@.service",
        "units/shoreline-front@.service",
        "units/shoreline-jobs@.service",
        "units/shoreline-proxy@.service",
        "units/shoreline-realtime@.service",
        "units/shoreline-tunnel.service",
    ]


def test_the_id_depends_on_content_alone(services: Path) -> None:
    first = current(services)
    (services / "api" / "app.py").touch()
    assert current(services) == first
    assert (
        Release.current(services / "web" / "public", services, services.parent / "elsewhere").id == first.id
    )
    assert len(first.id) == 16


def test_other_keys_are_another_release(services: Path) -> None:
    pages = services / "web" / "public"
    rotated = Release.current(pages, services, services.parent / "staged", keys=KeySettings(generation=2))
    assert rotated.id != current(services).id


@pytest.mark.parametrize("name", ["edge/src/index.ts", "web/build.mjs", "schema/0001_notes.sql"])
def test_an_edit_elsewhere_changes_no_release(services: Path, name: str) -> None:
    first = current(services)
    (services / name).write_text("edited")
    assert current(services) == first


@pytest.mark.parametrize(
    "name", ["api/app.py", "contract/note.schema.json", "requirements.lock", "jobs/new.py"]
)
def test_an_edit_of_what_a_server_runs_changes_the_release(services: Path, name: str) -> None:
    first = current(services)
    (services / name).parent.mkdir(exist_ok=True)
    (services / name).write_text("edited")
    assert current(services).id != first.id


def test_a_renamed_or_emptied_file_changes_the_release(services: Path) -> None:
    ids = {current(services).id}
    (services / "api" / "app.py").rename(services / "api" / "other.py")
    ids.add(current(services).id)
    (services / "api" / "other.py").write_text("")
    ids.add(current(services).id)
    assert len(ids) == 3


def test_the_staged_folder_holds_exactly_the_release(services: Path) -> None:
    staged = current(services).folder
    (services / "api" / "app.py").unlink()
    (staged / "services" / "gone").mkdir()
    (staged / "services" / "gone" / "stale.py").write_text("")
    release = current(services)
    files = {path.relative_to(staged).as_posix() for path in staged.rglob("*") if path.is_file()}
    assert files == set(contents(services, services / "web" / "public", KeySettings()))
    assert identify(staged) == release.id


def test_what_is_right_already_is_not_written_again(tmp_path: Path) -> None:
    stage({"a/b": b"1", "c": b"2"}, tmp_path)
    before = {name: (tmp_path / name).stat().st_mtime_ns for name in ("a/b", "c")}
    stage({"a/b": b"1", "c": b"3"}, tmp_path)
    assert (tmp_path / "a/b").stat().st_mtime_ns == before["a/b"]
    assert (tmp_path / "c").read_bytes() == b"3"


def test_a_missing_lock_is_named(services: Path) -> None:
    (services / "requirements.lock").unlink()
    with pytest.raises(UserError, match=r"services/requirements.lock: is missing\. Run `make lock`"):
        current(services)


def test_the_release_of_this_tree_imports_only_what_is_in_it() -> None:
    """Of `services`; other packages are the lock file's matter."""
    files = contents(SERVICES, SERVICES / "web" / "public", KeySettings())
    modules = {name.removesuffix(".py").removesuffix("/__init__").replace("/", ".") for name in files}
    for name, content in files.items():
        if name.endswith(".py"):
            assert not {one for one in _imports(content) if one not in modules}, name


def _imports(source: bytes) -> set[str]:
    """The modules of this project that a source imports."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module)
        elif isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
    return {name for name in found if name.partition(".")[0] in ("services", "infra")}
