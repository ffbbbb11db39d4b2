"""Images for tests, good and hostile."""

import io
import struct
import zlib

from PIL import Image


def picture(width: int = 1200, height: int = 800, kind: str = "PNG") -> bytes:
    written = io.BytesIO()
    Image.linear_gradient("L").resize((width, height)).convert("RGB").save(written, kind)
    return written.getvalue()


def bomb(width: int = 50_000, height: int = 50_000) -> bytes:
    """A PNG of a few kilobytes that is gigabytes of pixels."""
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + _chunk(b"IHDR", head)
        + _chunk(b"IDAT", zlib.compress(b"\0" * 9_000_000))
        + _END
    )


def text_bomb() -> bytes:
    """A small PNG whose comment unfolds to a gigabyte."""
    good = picture(8, 8)
    text = _chunk(b"zTXt", b"Comment\0\0" + zlib.compress(b"\0" * 300_000_000, 9))
    return good[:33] + text + good[33:]


def _chunk(name: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))


_END = _chunk(b"IEND", b"")

SVG = b"""<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink">
<image xlink:href="file:///etc/passwd"/><image xlink:href="http://169.254.169.254/"/></svg>"""
