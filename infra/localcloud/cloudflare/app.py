"""The control plane's request path: authentication, then one visible list of endpoints, then 501 by name."""

import hmac
import re
from collections.abc import Awaitable, Callable

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Mount, Route, WebSocketRoute
from starlette.types import ASGIApp, Receive, Scope, Send

from infra.localcloud.cloudflare import errors
from infra.localcloud.cloudflare.api import (
    assets,
    connect,
    deployments,
    dns,
    domains,
    local,
    routes,
    rulesets,
    schedules,
    scripts,
    tails,
    tokens,
    tunnel_configurations,
    tunnels,
    versions,
    workers,
    zones,
)
from infra.localcloud.cloudflare.cloud import Cloud
from infra.localcloud.cloudflare.envelope import failure
from infra.localcloud.vendor import holds_token

Endpoint = Callable[[Request], Awaitable[Response]]

_A = "/accounts/{account}/workers"
_S = _A + "/scripts/{script}"
_W = _A + "/workers/{worker}"
_T = "/accounts/{account}/cfd_tunnel/{tunnel}"
_Z = "/zones/{zone}"

ENDPOINTS: list[tuple[str, str, Endpoint]] = [
    ("GET", "/user/tokens/verify", tokens.verify),
    ("GET", "/accounts", tokens.accounts),
    ("GET", "/accounts/{account}", tokens.account),
    ("GET", "/zones", zones.listed),
    ("GET", _Z, zones.get),
    ("GET", _A + "/workers", workers.listed),
    ("POST", _A + "/workers", workers.create),
    ("GET", _W, workers.get),
    ("PUT", _W, workers.replace),
    ("PATCH", _W, workers.edit),
    ("DELETE", _W, workers.delete),
    ("GET", _W + "/versions", versions.listed),
    ("POST", _W + "/versions", versions.create),
    ("GET", _W + "/versions/{version}", versions.get),
    ("DELETE", _W + "/versions/{version}", versions.delete),
    ("POST", _S + "/assets-upload-session", assets.open_session),
    ("POST", _A + "/assets/upload", assets.upload),
    ("GET", _S + "/deployments", deployments.listed),
    ("POST", _S + "/deployments", deployments.create),
    ("GET", _S + "/deployments/{deployment}", deployments.get),
    ("DELETE", _S + "/deployments/{deployment}", deployments.delete),
    ("GET", _S + "/schedules", schedules.get),
    ("PUT", _S + "/schedules", schedules.put),
    ("GET", _S + "/tails", tails.listed),
    ("POST", _S + "/tails", tails.create),
    ("DELETE", _S + "/tails/{tail}", tails.delete),
    ("GET", _A + "/scripts", scripts.listed),
    ("PUT", _S, scripts.put),
    ("DELETE", _S, scripts.delete),
    ("GET", _S + "/settings", scripts.settings),
    ("GET", _S + "/content/v2", scripts.content),
    ("GET", _A + "/services/{script}", scripts.service),
    ("GET", _A + "/domains", domains.listed),
    ("PUT", _A + "/domains", domains.put),
    ("GET", _A + "/domains/{domain}", domains.get),
    ("DELETE", _A + "/domains/{domain}", domains.delete),
    ("GET", _Z + "/workers/routes", routes.listed),
    ("POST", _Z + "/workers/routes", routes.create),
    ("GET", _Z + "/workers/routes/{route}", routes.get),
    ("PUT", _Z + "/workers/routes/{route}", routes.update),
    ("DELETE", _Z + "/workers/routes/{route}", routes.delete),
    ("GET", _Z + "/dns_records", dns.listed),
    ("POST", _Z + "/dns_records", dns.create),
    ("GET", _Z + "/dns_records/{record}", dns.get),
    ("PUT", _Z + "/dns_records/{record}", dns.replace),
    ("PATCH", _Z + "/dns_records/{record}", dns.edit),
    ("DELETE", _Z + "/dns_records/{record}", dns.delete),
    ("GET", _Z + "/rulesets", rulesets.listed),
    ("POST", _Z + "/rulesets", rulesets.create),
    ("GET", _Z + "/rulesets/{ruleset}", rulesets.get),
    ("PUT", _Z + "/rulesets/{ruleset}", rulesets.update),
    ("DELETE", _Z + "/rulesets/{ruleset}", rulesets.delete),
    ("GET", "/accounts/{account}/cfd_tunnel", tunnels.listed),
    ("POST", "/accounts/{account}/cfd_tunnel", tunnels.create),
    ("GET", _T, tunnels.get),
    ("PATCH", _T, tunnels.edit),
    ("DELETE", _T, tunnels.delete),
    ("GET", _T + "/token", tunnels.token),
    ("GET", _T + "/connections", tunnels.connections),
    ("DELETE", _T + "/connections", tunnels.disconnect),
    ("GET", _T + "/configurations", tunnel_configurations.get),
    ("PUT", _T + "/configurations", tunnel_configurations.put),
]
"""The API v4 that the local cloud has; everything else answers 501."""

LOCAL: list[tuple[str, str, Endpoint]] = [
    ("GET", "/crons", local.crons),
    ("POST", "/crons/fire", local.fire),
    ("POST", "/tunnels/connect", connect.connect),
]
"""The local cloud's own, below /local: no such thing exists at Cloudflare."""


def build_app(cloud: Cloud) -> ASGIApp:
    app = Starlette(
        routes=[
            Mount(
                "/client/v4",
                routes=[Route(path, e, methods=[method]) for method, path, e in _own(ENDPOINTS, cloud)],
            ),
            Mount(
                "/local",
                routes=[
                    *(Route(path, e, methods=[method]) for method, path, e in LOCAL),
                    WebSocketRoute("/tails/{tail}", tails.socket),
                ],
            ),
        ],
        middleware=[Middleware(Authentication, token=cloud.account.token)],
        exception_handlers={errors.ApiError: _refused, 404: _not_emulated, 405: _not_emulated},
    )
    app.state.cloud = cloud
    return app


class Authentication:
    """403 with code 10000 without the account's token.

    An asset upload has its session's token instead, a connector its tunnel's.
    """

    def __init__(self, app: ASGIApp, token: str) -> None:
        self._app, self._token = app, token

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and not self._allowed(request := Request(scope)):
            await failure(errors.AUTHENTICATION)(request.scope, receive, send)
        else:
            await self._app(scope, receive, send)

    def _allowed(self, request: Request) -> bool:
        if holds_token(request, self._token):
            return True
        path = request.url.path
        return request.method == "POST" and (
            path.endswith("/workers/assets/upload") or path == "/local/tunnels/connect"
        )


def _own(endpoints: list[tuple[str, str, Endpoint]], cloud: Cloud) -> list[tuple[str, str, Endpoint]]:
    return [(method, path, _of_account(endpoint, cloud)) for method, path, endpoint in endpoints]


def _of_account(endpoint: Endpoint, cloud: Cloud) -> Endpoint:
    """Another account or zone than the one there is: 403 and 404, as for what a token cannot see."""

    async def checked(request: Request) -> Response:
        account, zone = request.path_params.get("account"), request.path_params.get("zone")
        if account is not None and not hmac.compare_digest(account, cloud.account.account_id):
            raise errors.AUTHENTICATION
        if zone is not None and zone != cloud.account.zone_id:
            raise errors.no_path(request.url.path)
        return await endpoint(request)

    return checked


async def _refused(_: Request, error: Exception) -> Response:
    assert isinstance(error, errors.ApiError)
    return failure(error)


async def _not_emulated(request: Request, _: Exception) -> Response:
    """Ids are left out of the name: it says which endpoint, not whose."""
    path = re.sub(r"/[0-9a-f]{32}(?=/|$)", "/{id}", request.url.path.removeprefix("/client/v4"))
    return failure(errors.NotEmulated(f"{request.method} {path}"))
