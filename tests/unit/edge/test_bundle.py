"""What build.mjs writes."""

import gzip
import re
import shutil
import subprocess
from pathlib import Path

from infra.components.bundle import build_web
from infra.paths import NODE_MODULES, ROOT, SERVICES
from tests.support.workerd import build

KILOBYTE = 1000
LARGEST = 420 * KILOBYTE
"""Beside the manifest; half of it is markdown-it. A library that slips in by mistake is larger."""

LARGEST_PAGE = 100 * KILOBYTE
"""Compressed, without the editor, which is loaded when somebody writes."""


def test_the_same_sources_give_the_same_bytes_in_any_clone(bundle: Path, tmp_path: Path) -> None:
    elsewhere = tmp_path / "another clone" / "with spaces"
    for part in ("edge", "contract"):
        shutil.copytree(SERVICES / part, elsewhere / "services" / part)
    (elsewhere / "node_modules").symlink_to(NODE_MODULES, target_is_directory=True)
    script = elsewhere / "services" / "edge" / "build.mjs"
    subprocess.run(["node", script, "--out", tmp_path / "out"], check=True, cwd=tmp_path)
    assert (tmp_path / "out" / "worker.js").read_bytes() == (bundle / "worker.js").read_bytes()


def test_the_bundle_is_one_small_module_that_needs_no_eval(bundle: Path) -> None:
    assert [path.name for path in bundle.iterdir()] == ["worker.js"]
    code = (bundle / "worker.js").read_text("utf-8")
    manifest = (SERVICES / "contract" / "manifest.json").stat().st_size
    assert len(code.encode()) - manifest < LARGEST
    assert not [word for word in ("eval(", "new Function(", "sourceMappingURL", str(ROOT)) if word in code]
    assert not [line for line in code.splitlines() if line.startswith("import ")]


def test_an_unchanged_build_writes_the_same_bytes(bundle: Path, tmp_path: Path) -> None:
    assert (build(tmp_path) / "worker.js").read_bytes() == (bundle / "worker.js").read_bytes()


MISSING_OUT = "services/edge/build.mjs: --out is missing. Name the folder for worker.js: --out DIR"


def test_a_missing_folder_name_is_one_clear_message() -> None:
    result = subprocess.run(
        ["node", SERVICES / "edge" / "build.mjs"], check=False, capture_output=True, text=True
    )
    assert result.returncode == 2
    assert result.stderr == f"{MISSING_OUT}\n"


def test_the_assets_are_the_same_bytes_in_any_folder(tmp_path: Path) -> None:
    first, second = (build_web(tmp_path / name) for name in ("first", "second"))
    files = sorted(path.relative_to(first) for path in first.rglob("*") if path.is_file())
    assert [path for path in files if (first / path).read_bytes() != (second / path).read_bytes()] == []
    assert str(ROOT) not in (first / "assets" / "editor.js").read_text("utf-8")


def test_the_page_is_small_and_names_nothing_elsewhere(tmp_path: Path) -> None:
    folder = build_web(tmp_path)
    page, *assets = (folder / "index.html", *(folder / "assets").glob("*-*"))
    (editor,) = (folder / "assets").glob("editor-*.js")
    compressed = sum(len(gzip.compress(path.read_bytes())) for path in (page, *assets) if path != editor)
    assert compressed < LARGEST_PAGE
    (app,) = (folder / "assets").glob("app-*.js")
    assert f'import("/assets/{editor.name}")' in app.read_text("utf-8")
    for path in (page, app, *(folder / "assets").glob("style-*.css")):
        assert not re.search(r"https?://|[\"'(]//", path.read_text("utf-8")), path.name
