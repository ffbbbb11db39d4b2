"""What the daemon knows of a vendor: a control plane to host, a data plane to start and stop."""

import hmac
from collections.abc import Mapping
from typing import Protocol

from starlette.requests import HTTPConnection
from starlette.types import ASGIApp

from infra.localcloud.endpoints import Address
from infra.localcloud.process import ProcessStatus


class Vendor(Protocol):
    """One emulated vendor.

    The daemon binds `address`, checks the Host header, logs each request (method, path and status only)
    and hands it to `app`; `app` checks the bearer token and answers in the vendor's own shapes. `start` is
    called once before the first request, `stop` once after the last.
    """

    @property
    def name(self) -> str:
        """`cloudflare`, `turso`."""
        ...

    @property
    def address(self) -> Address:
        """Where its control plane listens."""
        ...

    @property
    def app(self) -> ASGIApp:
        """Its control plane."""
        ...

    def hosts(self) -> Mapping[str, Address]:
        """Host patterns, such as `*.turso.localhost`, that its data plane answers, and where."""
        ...

    async def start(self) -> None:
        """Bring the data plane up to what the store declares; raises ProcessFailed or UserError."""
        ...

    async def stop(self) -> None: ...

    def processes(self) -> list[ProcessStatus]: ...


def holds_token(connection: HTTPConnection, token: str) -> bool:
    """True if the request carries `Authorization: Bearer <token>`, compared in constant time."""
    scheme, _, credential = connection.headers.get("authorization", "").partition(" ")
    return scheme.lower() == "bearer" and hmac.compare_digest(credential.strip().encode(), token.encode())
