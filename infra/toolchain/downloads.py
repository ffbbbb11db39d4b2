"""Downloads that may be impossible: quick to give up, and what failed is remembered for a day."""

from __future__ import annotations

import hashlib
import json
import threading
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

CONNECT = 5.0
"""Seconds until a host that does not answer counts as unreachable, look-up of its name included."""

STALL = 30.0
"""Seconds without a byte after which a download is given up."""

FORGET = 24 * 3600.0
"""Seconds for which a failed download is not tried again."""


class UnreachableError(Exception):
    """A download that can't be had now."""


class Failures:
    """The user's memory of failed downloads, so that not every run pays for them."""

    def __init__(self, file: Path, *, retry: bool = False) -> None:
        self.file = file
        self.retry = retry

    def recent(self, what: str) -> bool:
        """True when `what` failed within the last day and no retry was asked for."""
        return not self.retry and 0 <= time.time() - self._load().get(what, 0.0) < FORGET

    def add(self, what: str) -> None:
        """Remember that `what` failed just now."""
        self._store({**self._load(), what: time.time()})

    def drop(self, what: str) -> None:
        """Forget a failure."""
        self._store({key: value for key, value in self._load().items() if key != what})

    def _load(self) -> dict[str, float]:
        try:
            times = json.loads(self.file.read_bytes())
            return {str(key): float(value) for key, value in times.items()}
        except (OSError, ValueError, AttributeError, TypeError):
            return {}

    def _store(self, times: dict[str, float]) -> None:
        self.file.parent.mkdir(parents=True, exist_ok=True)
        incoming = self.file.with_suffix(f".{threading.get_native_id()}")
        incoming.write_text(json.dumps(times), encoding="utf-8")
        incoming.replace(self.file)


def fetch_text(url: str, deadline: float = CONNECT) -> str:
    """The text behind `url`. Raises UnreachableError after `deadline` seconds.

    It runs in a thread because the look-up of a name has no timeout of its own.
    """
    import urllib.request  # here, as every command imports this module and next to none downloads

    result: list[str | Exception] = []

    def fetch() -> None:
        try:
            with urllib.request.urlopen(url, timeout=deadline) as reply:  # noqa: S310 - our own https addresses
                result.append(reply.read(1 << 20).decode())
        except Exception as error:
            result.append(error)

    thread = threading.Thread(target=fetch, daemon=True)
    thread.start()
    thread.join(deadline)
    if not result:
        raise UnreachableError(f"{_host(url)}: no answer within {deadline:.0f} s")
    if isinstance(result[0], Exception):
        raise UnreachableError(f"{_host(url)}: {_reason(result[0])}")
    return result[0]


def fetch_file(url: str, file: Path) -> str:
    """Save what is behind `url` to `file`; returns its SHA-256. Raises UnreachableError if it breaks off."""
    import http.client
    import urllib.request

    sha = hashlib.sha256()
    try:
        with urllib.request.urlopen(url, timeout=STALL) as reply, file.open("wb") as output:  # noqa: S310 - as above
            while block := reply.read(1 << 20):
                sha.update(block)
                output.write(block)
            size, announced = output.tell(), reply.headers.get("Content-Length")
    except (OSError, http.client.HTTPException) as error:
        raise UnreachableError(f"{_host(url)}: {_reason(error)}") from None
    if announced is not None and size != int(announced):
        raise UnreachableError(f"{_host(url)}: broke off after {size} of {announced} bytes")
    return sha.hexdigest()


def _host(url: str) -> str:
    import urllib.parse

    return urllib.parse.urlsplit(url).netloc


def _reason(error: Exception) -> str:
    import urllib.error

    if isinstance(error, urllib.error.HTTPError):
        error.close()
    reason = error.reason if isinstance(error, urllib.error.URLError) else error
    return (isinstance(reason, OSError) and reason.strerror) or str(reason) or type(reason).__name__
