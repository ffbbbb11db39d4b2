"""What holds for every front door, read from services/contract/front-door.json, as the edge does."""

import json
import re
from pathlib import Path

from multidict import CIMultiDict

_CONTRACT = json.loads((Path(__file__).parents[1] / "contract" / "front-door.json").read_bytes())

SECURITY_HEADERS: dict[str, str] = _CONTRACT["securityHeaders"]
HASHED_ASSET = re.compile(_CONTRACT["hashedAsset"])
"""The path of an asset whose content is in its name; less the hash, it is its two groups."""
ASSET_CACHING: str = _CONTRACT["caching"]["asset"]
HASHED_ASSET_CACHING: str = _CONTRACT["caching"]["hashedAsset"]
ONE_YEAR_SECONDS = 365 * 24 * 60 * 60


def _matcher(names: list[str]) -> re.Pattern[str]:
    return re.compile("|".join(names))


_NOT_FORWARDED = _matcher([*_CONTRACT["hopByHop"], *_CONTRACT["notForwarded"]])
_NOT_RETURNED = _matcher([*_CONTRACT["hopByHop"], *_CONTRACT["notReturned"]])


def security_headers(public_url: str) -> dict[str, str]:
    """For every response, whoever made it."""
    # Over plain HTTP the header must not be sent (RFC 6797, section 7.2).
    secure = public_url.startswith("https://")
    extra = {"strict-transport-security": f"max-age={ONE_YEAR_SECONDS}"} if secure else {}
    return {**SECURITY_HEADERS, **extra}


def forwarded(headers: "CIMultiDict[str]") -> "CIMultiDict[str]":
    """Less what is only for the front door, and what tells or claims to tell of the way to it."""
    named = {name.strip().lower() for name in headers.get("connection", "").split(",")}
    return CIMultiDict(
        (name, value)
        for name, value in headers.items()
        if not _NOT_FORWARDED.fullmatch(name.lower()) and name.lower() not in named
    )


def returned(headers: "CIMultiDict[str]") -> "CIMultiDict[str]":
    """Less what is between a service and the front door."""
    return CIMultiDict(
        (name, value) for name, value in headers.items() if not _NOT_RETURNED.fullmatch(name.lower())
    )
