"""`make screenshots`: the page's main views, on a desktop and on a phone, in screenshots/."""

import sys
import tempfile
from pathlib import Path

from infra.paths import ROOT
from tests.support.browser import chromium
from tests.support.notes import insert_notes
from tests.support.slice import whole_slice
from tests.support.tour import tour
from tests.support.workerd import build

OUT = ROOT / "screenshots"
WINDOWS = {"desktop": (1200, 800), "phone": (360, 740)}


def main() -> None:
    OUT.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="shoreline-") as scratch:
        folders = {name: Path(scratch) / name for name in ("bundle", "slice")}
        for folder in folders.values():
            folder.mkdir()
        with whole_slice(build(folders["bundle"]), folders["slice"]) as running, chromium() as browser:
            insert_notes(running.database, "harbour", 50)
            for window, (width, height) in WINDOWS.items():
                context = browser.new_context(viewport={"width": width, "height": height}, locale="en-GB")
                page = context.new_page()
                for view in tour(page, running.edge.url):
                    file = OUT / f"{view}-{window}.png"
                    page.screenshot(path=file)
                    sys.stdout.write(f"{file.relative_to(ROOT)}\n")
                context.close()


if __name__ == "__main__":
    main()
