"""multipart/form-data as uploads of scripts and assets send it (RFC 7578): whole bodies, binary safe."""

from dataclasses import dataclass
from email.message import Message
from email.parser import HeaderParser

from starlette.requests import Request

from infra.localcloud.cloudflare.errors import malformed


@dataclass(frozen=True)
class Part:
    """`content_type` is None if the part has none."""

    name: str
    filename: str | None
    content_type: str | None
    content: bytes


async def parts(request: Request) -> list[Part]:
    """Raises 10006 for a body that is no form."""
    header = Message()
    header["content-type"] = request.headers.get("content-type", "")
    boundary = header.get_boundary()
    if header.get_content_type() != "multipart/form-data" or not boundary:
        raise malformed("the body is not multipart/form-data with a boundary")
    pieces = (b"\r\n" + await request.body()).split(b"\r\n--" + boundary.encode())
    if len(pieces) < 2 or not pieces[-1].startswith(b"--"):
        raise malformed("the form has no closing boundary")
    return [_part(piece) for piece in pieces[1:-1]]


def _part(piece: bytes) -> Part:
    head, separator, content = piece.removeprefix(b"\r\n").partition(b"\r\n\r\n")
    if not separator:
        raise malformed("a part of the form has no end of its headers")
    headers = HeaderParser().parsestr(head.decode("utf-8", "replace"))
    name = headers.get_param("name", header="content-disposition")
    if not isinstance(name, str):
        raise malformed("a part of the form has no name")
    return Part(name, headers.get_filename(), headers.get("content-type"), content)
