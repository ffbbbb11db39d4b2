"""What a file is, by its content: neither its name nor who sends it decides that."""

from collections.abc import Mapping

SNIFFED_BYTES = 4096
OTHER = "application/octet-stream"
TEXT = "text/plain; charset=utf-8"

_MAGIC: Mapping[bytes, str] = {
    b"\x89PNG\r\n\x1a\n": "image/png",
    b"\xff\xd8\xff": "image/jpeg",
    b"GIF87a": "image/gif",
    b"GIF89a": "image/gif",
    b"%PDF-": "application/pdf",
}
IMAGES = frozenset(("image/png", "image/jpeg", "image/gif", "image/webp"))
"""Those that previews are made of. SVG is a program as much as an image: it is text here."""
INLINE = IMAGES
"""What a browser may show by itself; all else is handed over for saving."""


def sniffed(head: bytes) -> str:
    """The media type of a file that begins so."""
    for magic, kind in _MAGIC.items():
        if head.startswith(magic):
            return kind
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "image/webp"
    return TEXT if _is_text(head) else OTHER


def _is_text(head: bytes) -> bool:
    if b"\0" in head:
        return False
    try:
        head.decode()
    except UnicodeDecodeError as error:
        # A character may be cut off at the end of what was read.
        return len(head) == SNIFFED_BYTES and error.start >= len(head) - 3
    return True
