"""What a file or a text refers to is not fetched by whatever reads it: its preview, its PDF, its Markdown."""

import json
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from services.jobs.contain import contain
from services.jobs.exports import document
from services.jobs.work import Refused
from tests.security.conftest import ORIGIN, Door

if TYPE_CHECKING:
    from services.common.hrana import Value


@pytest.fixture
def bait() -> Iterator[socket.socket]:
    """Listens, and nobody may come."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.setblocking(False)
        yield listener


def references(address: str) -> dict[str, str]:
    return {
        "svg": f'<svg xmlns="http://www.w3.org/2000/svg"><image href="{address}"/></svg>',
        "svg by entity": f'<!DOCTYPE svg [<!ENTITY x SYSTEM "{address}">]><svg>&x;</svg>',
        "html": f'<img src="{address}"><link rel="stylesheet" href="{address}">',
        "playlist": f"#EXTM3U\n#EXTINF:1,\n{address}\n",
        "postscript": f"%!PS\n({address}) (r) file",
        "magick": f"push graphic-context\nimage over 0,0 0,0 'url({address})'\npop graphic-context",
    }


async def test_what_an_upload_refers_to_is_never_fetched(
    doors: dict[str, Door], bait: socket.socket, tmp_path: Path
) -> None:
    address = f"http://127.0.0.1:{bait.getsockname()[1]}/x.png"
    images = []
    for name, text in references(address).items():
        source = tmp_path / name
        source.write_text(text, "utf-8")
        with pytest.raises(Refused):
            await contain("preview", source, tmp_path / "preview")
        images.append(
            {"id": name, "name": address, "source": str(source), "why": "this image can't be shown"}
        )
    note: dict[str, Value] = {
        "title": f'#image("{address}")',
        "workspace": "harbour",
        "body": f'![x]({address})\n\n#image("{address}") <img src="{address}">\n\n#include "{address}"',
        "created": 0,
        "updated": 0,
    }
    folder = tmp_path / "work"
    folder.mkdir()
    (folder / "note.json").write_text(json.dumps(document(note, images)), "utf-8")
    await contain("pdf", folder, tmp_path / "note.pdf")
    with doors["edge"].client(doors["edge"].token()) as client:
        rendered = client.post("/api/markdown", json={"text": note["body"]}, headers={"origin": ORIGIN})
        assert rendered.status_code == 200
    with pytest.raises(BlockingIOError):
        bait.accept()
