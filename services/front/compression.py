"""Compression of text, as Cloudflare does with what the Worker answers (compression docs, 2026-11-26)."""

import re

from aiohttp import hdrs, web

TEXT = re.compile(r"text/(html|plain|css|javascript)|application/json|image/svg\+xml")
"""Of Cloudflare's list, what the application has. Not server-sent events, which would be held back."""
LEAST_BYTES = 48
"""Less is longer compressed."""


def compress(request: web.Request, response: web.StreamResponse) -> None:
    """Has the body compressed on its way, where that is of use; before the head is sent."""
    headers = response.headers
    kind = headers.get(hdrs.CONTENT_TYPE, "").partition(";")[0].strip().lower()
    if response.status not in (200, 403, 404) or not TEXT.fullmatch(kind):
        return
    headers[hdrs.VARY] = ", ".join(filter(None, (headers.get(hdrs.VARY), "accept-encoding")))
    small = response.content_length is not None and response.content_length < LEAST_BYTES
    taken = accepts_gzip(request.headers.get(hdrs.ACCEPT_ENCODING, ""))
    kept = "no-transform" in headers.get(hdrs.CACHE_CONTROL, "") or hdrs.CONTENT_ENCODING in headers
    if small or not taken or kept or hdrs.CONTENT_RANGE in headers or request.method == "HEAD":
        return
    # Other bytes for the same content: the tag holds for what they mean only (RFC 9110, section 8.8.1).
    if (tag := headers.get(hdrs.ETAG, "")).startswith('"'):
        headers[hdrs.ETAG] = f"W/{tag}"
    headers.pop(hdrs.CONTENT_LENGTH, None)
    response.enable_compression(web.ContentCoding.gzip)


def accepts_gzip(header: str) -> bool:
    """Whether Accept-Encoding names gzip, and not to refuse it."""
    return any(
        re.fullmatch(r"(gzip|x-gzip|\*)(?!\s*;\s*q=0(\.0*)?\s*$).*", each.strip().lower())
        for each in header.split(",")
    )
