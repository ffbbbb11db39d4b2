"""The static pages, as the platform serves them to the edge (Workers static assets docs, 2026-11-23)."""

import hashlib
import mimetypes
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote

from aiohttp import ETag, web

from services.common.problem import Problem
from services.front.compression import compress
from services.front.contract import ASSET_CACHING, HASHED_ASSET, HASHED_ASSET_CACHING

ALLOW = "GET, HEAD, OPTIONS"


@dataclass(frozen=True)
class Page:
    """One file."""

    content: bytes
    kind: str
    tag: str


class Pages:
    """All files of a release: few, small and never changed, so they are in memory."""

    def __init__(self, folder: Path) -> None:
        self._pages = {
            f"/{path.relative_to(folder).as_posix()}": _page(path)
            for path in folder.rglob("*")
            if path.is_file()
        }

    def answer(self, request: web.Request, path: str) -> web.Response:
        """The file that stands at `path`. Raises Problem 404 and 405."""
        if request.method == "OPTIONS":
            return web.Response(status=204, headers={"allow": ALLOW})
        if request.method not in ("GET", "HEAD"):
            raise Problem(405, f"This path answers {ALLOW}.", {"allow": ALLOW})
        page, caching = self._choose(unquote(path))
        if page is None:
            raise Problem(404, "There is nothing at this path.")
        headers = {"cache-control": caching, "etag": f'"{page.tag}"'}
        held = request.if_none_match or ()
        if any(each in (ETag(page.tag), ETag(page.tag, is_weak=True), ETag("*")) for each in held):
            return web.Response(status=304, headers=headers)
        response = web.Response(body=page.content, headers={**headers, "content-type": page.kind})
        compress(request, response)
        return response

    def _choose(self, path: str) -> tuple[Page | None, str]:
        """The file and its caching: for another release's name, this one's file, which nobody keeps."""
        page, hashed = self._find(path), HASHED_ASSET.fullmatch(path)
        if page is not None and hashed is not None:
            return page, HASHED_ASSET_CACHING
        if hashed is not None:
            page = self._find("".join(hashed.groups()))
        return page, ASSET_CACHING

    def _find(self, path: str) -> Page | None:
        """HTML stands at its name without the ending, an index at its folder's."""
        names = [f"{path}index.html"] if path.endswith("/") else [path, f"{path}.html"]
        return next((self._pages[name] for name in names if name in self._pages), None)


def _page(path: Path) -> Page:
    content = path.read_bytes()
    kind = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    charset = "; charset=utf-8" if kind.startswith("text/") or kind.endswith(("javascript", "json")) else ""
    return Page(content, kind + charset, hashlib.sha256(content).hexdigest()[:32])
