"""Static assets of a version: the manifest of a folder, its hash and the upload.

Every file of the folder is an asset, as in terraform-provider-cloudflare: `_headers` and `_redirects` take
effect as modules of these names. Upload: Cloudflare's API v4, assets-upload-session, 2026-11-23.
"""

import base64
import json
import mimetypes
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from infra.errors import UserError
from infra.toolchain.plugins.cloudflare.files import located, sha256
from infra.toolchain.plugins.cloudflare.kind import SCRIPT, Part, Request, Steps, fill
from infra.toolchain.plugins.values import Values

_WHERE = "assets.directory"


@dataclass(frozen=True)
class Asset:
    """One file: `hash` is the first 32 hex digits of its SHA-256, `size` in bytes."""

    file: Path
    hash: str
    size: int


Manifest = Mapping[str, Asset]
"""URL path -> asset."""


def manifest(directory: str) -> Manifest:
    """All files below `directory`, in the order of their URL paths."""
    base = located(_WHERE, directory)
    if not base.is_dir():
        raise UserError(_WHERE, f"{directory} is not a folder", "Name the folder of static files.")
    assets = {}
    for file in sorted(base.rglob("*")):
        if file.is_file():
            data = file.read_bytes()
            assets[f"/{file.relative_to(base).as_posix()}"] = Asset(file, sha256(data)[:32], len(data))
    return dict(sorted(assets.items()))


def manifest_json(assets: Manifest) -> dict[str, Any]:
    """The manifest as the upload session wants it."""
    return {path: {"hash": asset.hash, "size": asset.size} for path, asset in assets.items()}


def manifest_sha256(assets: Manifest) -> str:
    """Hash of the manifest's JSON as Go writes it: the official plugin then sees no change in this state."""
    text = json.dumps(manifest_json(assets), sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    for character in "<>&\u2028\u2029":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return sha256(text.encode())


def _content_type(file: Path) -> str:
    guessed = mimetypes.guess_type(file.name)[0]
    if guessed is None:
        return "application/octet-stream"
    return f"{guessed}; charset=utf-8" if guessed.startswith("text/") else guessed


def _bucket(assets: Manifest, hashes: list[str]) -> tuple[Part, ...]:
    by_hash = {asset.hash: asset for asset in assets.values()}
    missing = [digest for digest in hashes if digest not in by_hash]
    if missing:
        raise UserError(
            _WHERE, f"the folder changed during the upload ({missing[0]} is gone)", "Run it again."
        )
    return tuple(
        Part(digest, base64.b64encode(by_hash[digest].file.read_bytes()), _content_type(by_hash[digest].file))
        for digest in hashes
    )


def upload(desired: Values) -> Steps:
    """The calls that upload `desired["assets"]["directory"]`; their value is the completion token."""
    assets = manifest(desired["assets"]["directory"])
    worker = yield Request("GET", fill("/accounts/{accountId}/workers/workers/{workerId}", desired))
    session = yield Request(
        "POST",
        fill(f"{SCRIPT}/assets-upload-session", {**desired, "scriptName": worker["name"]}),
        {"manifest": manifest_json(assets)},
    )
    token = session.get("jwt")
    buckets = session.get("buckets") or []
    if not buckets:
        return _completed(token)
    completion = None
    for hashes in buckets:
        answer = yield Request(
            "POST",
            fill("/accounts/{accountId}/workers/assets/upload", desired),
            query={"base64": "true"},
            parts=_bucket(assets, hashes),
            bearer=token,
        )
        completion = (answer or {}).get("jwt") or completion
    return _completed(completion)


def _completed(token: str | None) -> str:
    if not token:
        raise UserError(_WHERE, "Cloudflare sent no completion token after the upload", "Run it again.")
    return token
