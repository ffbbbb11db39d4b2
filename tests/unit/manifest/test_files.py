"""The generated files are those that the declarations make."""

from infra.manifest.compile import compile_routes
from infra.manifest.files import rendered
from infra.manifest.model import Manifest, Placement


def test_the_committed_files_are_current() -> None:
    outdated = [
        path.name for path, text in rendered(compile_routes()).items() if path.read_text("utf-8") != text
    ]

    assert outdated == [], "run `make routes`"


def test_the_models_read_what_they_write() -> None:
    compiled = compile_routes()

    assert Manifest.model_validate_json(compiled.manifest.model_dump_json(by_alias=True)) == compiled.manifest
    assert (
        Placement.model_validate_json(compiled.placement.model_dump_json(by_alias=True)) == compiled.placement
    )
