"""The generated files are those that the declarations make."""

from dataclasses import replace

from infra.manifest.compile import compile_routes
from infra.manifest.files import rendered
from infra.manifest.model import Manifest, Placement
from infra.routes.catalog import ROUTES


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


def test_a_move_changes_the_placement_alone() -> None:
    moved = {**ROUTES, "list_notes": replace(ROUTES["list_notes"], rollout=10, shadow=True)}
    served = {**ROUTES, "list_notes": replace(ROUTES["list_notes"], tier="server")}
    before, changed, back = compile_routes(), compile_routes(moved), compile_routes(served)

    assert before.manifest == changed.manifest == back.manifest
    assert changed.placement.routes["list_notes"].rollout == 10
    assert back.placement.routes["list_notes"].tier == "server"
