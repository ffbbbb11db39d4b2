"""What strangers send: refused or contained, in a process that may die alone and knows no secret."""

import asyncio
import io
import json
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psutil
import pytest
from PIL import Image
from pypdf import PdfReader

from services.common.files.disk import DiskFull
from services.jobs import contain as contain_module
from services.jobs.contain import TOO_MUCH, contain
from services.jobs.exports import document
from services.jobs.work import Refused
from tests.support.images import SVG, bomb, picture, text_bomb

if TYPE_CHECKING:
    from services.common.hrana import Value


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "GIF", "WEBP"])
async def test_an_image_gets_a_small_picture(tmp_path: Path, kind: str) -> None:
    source, target = tmp_path / "source", tmp_path / "preview"
    source.write_bytes(picture(1200, 800, kind))
    await contain("preview", source, target)
    with Image.open(target) as made:
        assert (made.format, made.size) == ("WEBP", (480, 320))


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (bomb(), "The image has too many pixels."),
        (text_bomb(), "The image is damaged."),
        (picture()[:-2000], "The image is damaged."),
        (picture(kind="JPEG")[:3000], "The image is damaged."),
        (SVG, "The file is not an image that can be read."),
        (b"%!PS\n(%pipe%id) (w) file", "The file is not an image that can be read."),
        (b"\x7fELF" + bytes(100), "The file is not an image that can be read."),
        (b"\x89PNG\r\n\x1a\n", "The file is not an image that can be read."),
        (b"", "The file is not an image that can be read."),
    ],
    ids=["bomb", "text bomb", "cut PNG", "cut JPEG", "SVG", "PostScript", "program", "only a head", "empty"],
)
async def test_a_hostile_image_is_refused(tmp_path: Path, content: bytes, why: str) -> None:
    source, target = tmp_path / "source", tmp_path / "preview"
    source.write_bytes(content)
    with pytest.raises(Refused) as refused:
        await contain("preview", source, target)
    assert str(refused.value) == why
    assert not target.exists()


async def test_a_full_disk_is_no_fault_of_the_file(tmp_path: Path) -> None:
    source, folder = tmp_path / "source", tmp_path / "work"
    source.write_bytes(picture())
    folder.mkdir()
    note: dict[str, Value] = {"title": "Tides", "workspace": "w", "body": "Low.", "created": 0, "updated": 0}
    (folder / "note.json").write_text(json.dumps(document(note, [])), "utf-8")
    for program, what in (("preview", source), ("pdf", folder)):
        with pytest.raises(DiskFull):
            await contain(program, what, Path("/dev/full"))


async def test_a_process_that_takes_too_long_is_ended_with_its_kin(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(contain_module, "SECONDS", 0.02)
    source = tmp_path / "source"
    source.write_bytes(picture(5000, 5000))
    with pytest.raises(Refused, match=TOO_MUCH):
        await contain("preview", source, tmp_path / "preview")
    left = [each.pid for each in psutil.Process().children() if str(source) in " ".join(each.cmdline())]
    assert left == []


@pytest.mark.parametrize(
    "deed",
    [
        "bytearray(2 << 30)",
        "open('big', 'wb').write(bytes(80 << 20))",
        "[open('/dev/null') for _ in range(100)]",
    ],
    ids=["memory", "file", "descriptors"],
)
def test_a_contained_process_gets_no_more_than_its_limits(tmp_path: Path, deed: str) -> None:
    program = f"from services.jobs.contained.limits import confine; confine(); {deed}"
    root = Path(contain_module.ROOT)
    environment = {"PYTHONPATH": str(root)}
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=tmp_path, env=environment, capture_output=True, check=False
    )
    assert done.returncode != 0


async def test_a_pdf_shows_text_as_text_and_images_as_pixels(tmp_path: Path) -> None:
    folder, target = tmp_path / "work", tmp_path / "note.pdf"
    folder.mkdir()
    good, bad = tmp_path / "good", tmp_path / "bad"
    good.write_bytes(picture())
    bad.write_bytes(bomb())
    note: dict[str, Value] = {
        "title": '#read("/etc/passwd") $x^2$',
        "workspace": "harbour",
        "body": '*stars* stay.\n\n#image("/etc/passwd")\nnext line',
        "created": 0,
        "updated": 0,
    }
    images = [
        {"id": "good", "name": "good.png", "source": str(good), "why": ""},
        {"id": "bad", "name": "bad.png", "source": str(bad), "why": "this image can't be shown"},
    ]
    (folder / "note.json").write_text(json.dumps(document(note, images)), "utf-8")
    told: list[tuple[int, int]] = []

    async def progress(done: int, total: int) -> None:
        told.append((done, total))

    await contain("pdf", folder, target, progress=progress)
    assert told == [(1, 3), (2, 3), (3, 3)]
    pages = PdfReader(io.BytesIO(target.read_bytes())).pages
    text = "\n".join(page.extract_text() for page in pages)
    for shown in (
        '#read("/etc/passwd") $x^2$',
        "*stars* stay.",
        '#image("/etc/passwd")',
        "bad.png: this image",
    ):
        assert shown in text
    assert sum(len(page.images) for page in pages) == 1


async def test_a_contained_process_knows_no_variable_of_the_service(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_TOKEN", "planted")
    seen: list[dict[str, str]] = []
    original = asyncio.create_subprocess_exec

    async def spy(*arguments: Any, **options: Any) -> Any:
        process = await original(*arguments, **options)
        seen.append(psutil.Process(process.pid).environ())
        return process

    monkeypatch.setattr(asyncio, "create_subprocess_exec", spy)
    source = tmp_path / "source"
    source.write_bytes(picture())
    await contain("preview", source, tmp_path / "preview")
    assert set(seen[0]) <= {"PATH", "LANG", "HOME", "LC_CTYPE"}
