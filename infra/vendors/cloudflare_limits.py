"""Cloudflare's documented limits as dated data: for the preview's checks and the local cloud's refusals."""

from dataclasses import dataclass
from typing import Literal

Plan = Literal["free", "paid"]
"""Of Workers, for the account."""
ZonePlan = Literal["free", "pro", "business", "enterprise"]


@dataclass(frozen=True)
class Limit:
    """One documented figure for both plans; `date` is when the source was read."""

    free: int
    paid: int
    unit: str
    source: str
    date: str = "2026-11-23"

    def of(self, plan: Plan) -> int:
        return self.free if plan == "free" else self.paid


@dataclass(frozen=True)
class ZoneLimit:
    """One documented figure for each of the zone's plans."""

    free: int
    pro: int
    business: int
    enterprise: int
    unit: str
    source: str
    date: str = "2026-11-23"

    def of(self, plan: ZonePlan) -> int:
        return int(getattr(self, plan))


_WORKERS = "developers.cloudflare.com/workers/platform/limits"
_ROUTES = "developers.cloudflare.com/workers/configuration/routing"
_ASSETS = "developers.cloudflare.com/workers/static-assets"

MIB = 1024 * 1024
MB = 1000 * 1000

CPU_MS = Limit(10, 300_000, "ms of CPU a request, at most", _WORKERS)
CPU_MS_DEFAULT = Limit(10, 30_000, "ms of CPU a request, unless set", _WORKERS)
SUBREQUESTS = Limit(50, 10_000, "subrequests a request", _WORKERS)
MEMORY_BYTES = Limit(128 * MIB, 128 * MIB, "bytes of memory an isolate", _WORKERS)
URL_BYTES = Limit(16 * 1024, 16 * 1024, "bytes of URL", _WORKERS)
SCRIPT_BYTES = Limit(64 * MIB, 64 * MIB, "bytes of code a version, uncompressed", _WORKERS)
STARTUP_MS = Limit(1_000, 1_000, "ms to start", _WORKERS)
VARIABLES = Limit(64, 128, "variables and secrets a Worker", _WORKERS)
VARIABLE_BYTES = Limit(5 * 1024, 5 * 1024, "bytes a variable or secret", _WORKERS)
CRONS = Limit(5, 250, "cron triggers an account", _WORKERS)
WORKERS = Limit(100, 500, "Workers an account", _WORKERS)
ASSET_FILES = Limit(20_000, 100_000, "asset files a version", _WORKERS)
ASSET_BYTES = Limit(25 * MIB, 25 * MIB, "bytes an asset file", _WORKERS)
ROUTES = Limit(1_000, 1_000, "routes a zone", _WORKERS)
BODY_BYTES = ZoneLimit(100 * MB, 100 * MB, 200 * MB, 500 * MB, "bytes of a request's body", _WORKERS)
CUSTOM_DOMAINS = Limit(100, 100, "custom domains a zone", _WORKERS)
HEADER_RULES = Limit(100, 100, "rules in _headers", f"{_ASSETS}/headers")
STATIC_REDIRECTS = Limit(2_000, 2_000, "static rules in _redirects", f"{_ASSETS}/redirects")
DYNAMIC_REDIRECTS = Limit(100, 100, "dynamic rules in _redirects", f"{_ASSETS}/redirects")

COOKIE_FIELD_PLANS: tuple[ZonePlan, ...] = ("pro", "business", "enterprise")
"""The zone's plans whose rules may read `http.request.cookies` (rules language, fields, 2026-11-26)."""

WORKER_NAME = r"^[a-z][a-z0-9-]{0,62}$"
"""Worker names (workers/platform/limits, 2026-11-23)."""
