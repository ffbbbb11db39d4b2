"""`python -m services.jobs.contained.pdf FOLDER RESULT`: the PDF of a note.

FOLDER holds note.json and the images that it names. Nothing that people wrote is ever read as Typst's markup.
"""

import json
import sys
from pathlib import Path
from typing import Any

from services.jobs.contained.limits import run

LONGEST = 1600
QUALITY = 85
TEMPLATE = Path(__file__).with_name("note.typ")


def main(folder: Path, target: Path) -> int:
    import typst

    note = json.loads((folder / "note.json").read_text("utf-8"))
    for number, image in enumerate(note["images"]):
        image["shown"] = _prepare(folder, image)
        print(f"done {number + 1} {len(note['images']) + 1}", flush=True)
    (folder / "note.json").write_text(json.dumps(note), "utf-8")
    (folder / "note.typ").write_bytes(TEMPLATE.read_bytes())
    target.write_bytes(typst.compile(str(folder / "note.typ"), root=str(folder), ignore_system_fonts=False))
    print(f"done {len(note['images']) + 1} {len(note['images']) + 1}", flush=True)
    return 0


def _prepare(folder: Path, image: dict[str, Any]) -> str | None:
    """The name of a picture that can be shown; None where it can't be."""
    from services.jobs.contained.images import Unreadable, opened

    if image["source"] is None:
        return None
    name = f"{image['id']}.jpg"
    try:
        picture = opened(Path(image["source"]), LONGEST)
    except (Unreadable, FileNotFoundError):
        return None
    from PIL import Image

    paper = Image.new("RGB", picture.size, "white")
    paper.paste(picture, mask=picture.getchannel("A") if picture.mode == "RGBA" else None)
    paper.save(folder / name, "JPEG", quality=QUALITY)
    return name


if __name__ == "__main__":
    run(main, Path(sys.argv[1]), Path(sys.argv[2]))
