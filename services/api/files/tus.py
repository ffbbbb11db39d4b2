"""The words of tus 1.0: the core with creation, checksum, expiration and termination.

Source: tus.io/protocols/resumable-upload, read 2026-11-25.
"""

import base64
import binascii
import hashlib
import re
from dataclasses import dataclass
from email.utils import formatdate

from services.api.request import Request
from services.common.problem import FieldError, Problem

VERSION = "1.0.0"
CONTENT_TYPE = "application/offset+octet-stream"
LIFETIME_MS = 86_400_000
"""An upload that has not ended by then is dropped."""
MOST_BYTES = 512 * 1024 * 1024

_NAME_LENGTH = 200
_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f/\\]")
_NUMBER = re.compile(r"0|[1-9][0-9]{0,15}")


@dataclass(frozen=True)
class Creation:
    """What a client announces. `note`: what the file is attached to; None where it is for an import."""

    size: int
    name: str
    note: str | None


@dataclass(frozen=True)
class Part:
    """What a client sends next, and the SHA-256 that it must have, if any."""

    offset: int
    sha256: bytes | None

    def check(self, digest: bytes) -> None:
        if self.sha256 is not None and digest != self.sha256:
            raise Problem(460, "The bytes that came are not those that were sent. Send them again.")


def require_version(request: Request) -> None:
    if request.header("tus-resumable") != VERSION:
        raise Problem(412, f"This speaks tus {VERSION}.", {"tus-version": VERSION})


def creation(request: Request) -> Creation:
    """Raises Problem 400, 412 or 413."""
    require_version(request)
    size = _number(request, "upload-length")
    if size > MOST_BYTES:
        raise Problem(413, f"A file must be at most {MOST_BYTES} bytes.", {"tus-max-size": str(MOST_BYTES)})
    metadata = _metadata(request.header("upload-metadata") or "")
    name = _UNPRINTABLE.sub("_", metadata.get("filename", "")).strip()[:_NAME_LENGTH]
    if not name:
        errors = [FieldError("upload-metadata/filename", "is missing")]
        raise Problem(400, "The metadata of the upload is not valid.", errors=errors)
    return Creation(size, name, metadata.get("note"))


def part(request: Request) -> Part:
    """Raises Problem 400, 412 or 415."""
    require_version(request)
    if request.header("content-type") != CONTENT_TYPE:
        raise Problem(415, f"Send the bytes as {CONTENT_TYPE}.")
    return Part(_number(request, "upload-offset"), _checksum(request.header("upload-checksum")))


def headers(offset: int, size: int, created: int) -> dict[str, str]:
    return {
        "tus-resumable": VERSION,
        "upload-offset": str(offset),
        "upload-length": str(size),
        "upload-expires": formatdate((created + LIFETIME_MS) / 1000, usegmt=True),
    }


def _number(request: Request, name: str) -> int:
    text = request.header(name) or ""
    if not _NUMBER.fullmatch(text):
        errors = [FieldError(name, "must be a whole number")]
        raise Problem(400, "The headers are not valid.", errors=errors)
    return int(text)


def _metadata(header: str) -> dict[str, str]:
    try:
        pairs = [pair.strip().partition(" ") for pair in header.split(",") if pair.strip()]
        return {key: base64.b64decode(value, validate=True).decode() for key, _, value in pairs}
    except (binascii.Error, ValueError):
        errors = [FieldError("upload-metadata", "must be pairs of a key and a value in base64, with commas")]
        raise Problem(400, "The headers are not valid.", errors=errors) from None


def _checksum(header: str | None) -> bytes | None:
    if header is None:
        return None
    algorithm, _, value = header.partition(" ")
    try:
        digest = base64.b64decode(value, validate=True)
    except binascii.Error:
        digest = b""
    if algorithm != "sha256" or len(digest) != hashlib.sha256().digest_size:
        errors = [FieldError("upload-checksum", "must be `sha256` and the digest in base64")]
        raise Problem(400, "The headers are not valid.", errors=errors)
    return digest
