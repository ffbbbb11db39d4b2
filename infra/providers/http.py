"""The HTTP client of the dynamic providers."""

import re

import httpx

TIMEOUT = httpx.Timeout(60.0, connect=10.0)
"""Seconds; one answer may carry a whole migration or a thousand rows."""

# A proxy from the environment cannot reach this machine's loopback.
_PAST_ANY_PROXY = ("all://127.0.0.1", "all://localhost", "all://[::1]")


def client(base: str, headers: dict[str, str]) -> httpx.Client:
    """A client for `base`; loopback is reached without the environment's proxy."""
    return httpx.Client(
        base_url=base, headers=headers, timeout=TIMEOUT, mounts=dict.fromkeys(_PAST_ANY_PROXY)
    )


def reason(error: httpx.HTTPError) -> str:
    """Why a request failed, in a few words, without the number that each system gives it."""
    return re.sub(r"^\[Errno -?\d+\] ", "", str(error)) or type(error).__name__
