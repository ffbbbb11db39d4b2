"""/cfd_tunnel: tunnels, their tokens and connections (API v4 docs and the official SDK, 2026-11-23).

Codes 1013 and 1022 are as users reported them from the API; that of a missing tunnel is documented nowhere.
"""

import base64
import secrets
import uuid
from collections.abc import Callable
from typing import Any, Literal

from pydantic import BaseModel
from starlette.requests import Request
from starlette.responses import Response

from infra.localcloud.cloudflare import tunnels
from infra.localcloud.cloudflare.cloud import Cloud, cloud_of
from infra.localcloud.cloudflare.connectors import Connector
from infra.localcloud.cloudflare.envelope import body, now, ok, page
from infra.localcloud.cloudflare.errors import ApiError, NotEmulated, no_tunnel
from infra.localcloud.cloudflare.store import Document


class NewTunnel(BaseModel):
    name: str
    config_src: Literal["local", "cloudflare"] = "local"
    tunnel_secret: str | None = None


class EditedTunnel(BaseModel):
    name: str | None = None
    tunnel_secret: str | None = None


async def listed(request: Request) -> Response:
    for name in request.query_params:
        if name not in (*_FILTERS, "page", "per_page"):
            raise NotEmulated(f"GET /accounts/{{account}}/cfd_tunnel?{name}=")
    cloud = cloud_of(request)
    shown = [_shown(cloud, tunnel) for tunnel in cloud.store.all("tunnel")]
    wanted = [(_FILTERS[name], value) for name, value in request.query_params.items() if name in _FILTERS]
    return page(request, [each for each in shown if all(keep(each, value) for keep, value in wanted)])


_FILTERS: dict[str, Callable[[Document, str], bool]] = {
    "name": lambda tunnel, value: tunnel["name"] == value,
    "uuid": lambda tunnel, value: tunnel["id"] == value,
    "status": lambda tunnel, value: tunnel["status"] == value,
    "is_deleted": lambda tunnel, value: (tunnel["deleted_at"] is not None) == (value == "true"),
    "include_prefix": lambda tunnel, value: tunnel["name"].startswith(value),
    "exclude_prefix": lambda tunnel, value: not tunnel["name"].startswith(value),
}


async def create(request: Request) -> Response:
    cloud, new = cloud_of(request), await body(request, NewTunnel)
    _check_name(cloud, new.name, None)
    _check_secret(new.tunnel_secret)
    secret = new.tunnel_secret or base64.b64encode(secrets.token_bytes(tunnels.SECRET_BYTES)).decode()
    tunnel: Document = {
        "id": str(uuid.uuid4()),
        "name": new.name,
        "config_src": new.config_src,
        "created_at": now(),
        "deleted_at": None,
        "conns_active_at": None,
        "conns_inactive_at": None,
        "metadata": {},
    }
    with cloud.store.transaction():
        cloud.store.put("tunnel_secret", {"id": tunnel["id"], "value": secret})
        cloud.store.put("tunnel", tunnel)
    return ok(_shown(cloud, tunnel))


async def get(request: Request) -> Response:
    """A deleted one too, with its `deleted_at`."""
    cloud = cloud_of(request)
    return ok(_shown(cloud, cloud.store.tunnel(request.path_params["tunnel"])))


async def edit(request: Request) -> Response:
    """A new secret is asked of connectors that come; those that are there stay."""
    cloud, changes = cloud_of(request), await body(request, EditedTunnel)
    tunnel = live(cloud, request)
    if changes.name is not None:
        _check_name(cloud, changes.name, tunnel["id"])
        tunnel = {**tunnel, "name": changes.name}
    _check_secret(changes.tunnel_secret)
    with cloud.store.transaction():
        if changes.tunnel_secret is not None:
            cloud.store.put("tunnel_secret", {"id": tunnel["id"], "value": changes.tunnel_secret})
        cloud.store.put("tunnel", tunnel)
    return ok(_shown(cloud, tunnel))


async def delete(request: Request) -> Response:
    """Its configuration and secret go; the tunnel stays to be seen with its `deleted_at`."""
    cloud, tunnel = cloud_of(request), live(cloud_of(request), request)
    if cloud.connectors.of(tunnel["id"]):
        raise ApiError(400, 1022, "Cannot delete tunnel because it has active connections")
    tunnel = {**tunnel, "deleted_at": now()}
    with cloud.store.transaction():
        cloud.store.put("tunnel", tunnel)
        cloud.store.delete("tunnel_secret", tunnel["id"])
        cloud.store.delete("tunnel_config", tunnel["id"])
    await cloud.apply()
    return ok(_shown(cloud, tunnel))


async def token(request: Request) -> Response:
    cloud, tunnel = cloud_of(request), live(cloud_of(request), request)
    secret = cloud.store.get("tunnel_secret", tunnel["id"])
    assert secret is not None
    return ok(tunnels.token(cloud.account.account_id, tunnel["id"], secret["value"]))


async def connections(request: Request) -> Response:
    cloud = cloud_of(request)
    tunnel = cloud.store.tunnel(request.path_params["tunnel"])
    return ok([_connection(connector) for connector in cloud.connectors.of(tunnel["id"])])


async def disconnect(request: Request) -> Response:
    """Ends the connector of the query's `client_id`, or all of them."""
    cloud, tunnel = cloud_of(request), live(cloud_of(request), request)
    wanted = request.query_params.get("client_id")
    for connector in cloud.connectors.of(tunnel["id"]):
        if wanted in (None, connector.id):
            connector.closed.set()
    return ok(None)


def live(cloud: Cloud, request: Request) -> Document:
    """The tunnel of the path. Raises 404 for one that is deleted or never was."""
    tunnel = cloud.store.tunnel(request.path_params["tunnel"])
    if tunnel["deleted_at"] is not None:
        raise no_tunnel()
    return tunnel


def _check_name(cloud: Cloud, name: str, own_id: str | None) -> None:
    if not name.strip():
        raise ApiError(400, 1004, "The tunnel's name is empty")
    for other in cloud.store.all("tunnel"):
        if other["name"] == name and other["id"] != own_id and other["deleted_at"] is None:
            raise ApiError(409, 1013, "You already have a tunnel with this name")


def _check_secret(secret: str | None) -> None:
    if secret is None:
        return
    content = tunnels.decoded_secret(secret)
    if content is None or len(content) < tunnels.SECRET_BYTES:
        raise ApiError(400, 1004, f"tunnel_secret is at least {tunnels.SECRET_BYTES} bytes, in base64")


def _shown(cloud: Cloud, tunnel: Document) -> dict[str, Any]:
    """`connections` is empty since 2026: they have an endpoint of their own (API v4 docs, 2026-11-23)."""
    return {
        **tunnel,
        "account_tag": cloud.account.account_id,
        "connections": [],
        "remote_config": tunnel["config_src"] == "cloudflare",
        "status": tunnels.status(tunnel),
        "tun_type": "cfd_tunnel",
    }


def _connection(connector: Connector) -> dict[str, Any]:
    return {
        "id": connector.id,
        "arch": "local",
        "config_version": connector.config_version,
        "features": [],
        "run_at": connector.since,
        "version": "local",
        "conns": [
            {
                "id": connector.connection_id,
                "uuid": connector.connection_id,
                "client_id": connector.id,
                "client_version": "local",
                "colo_name": "LOCAL",
                "is_pending_reconnect": False,
                "opened_at": connector.since,
                "origin_ip": "127.0.0.1",
            }
        ],
    }
