"""/cfd_tunnel/{tunnel}/configurations: the ingress rules of a tunnel that Cloudflare configures."""

from typing import Any

from pydantic import BaseModel
from starlette.requests import Request
from starlette.responses import Response

from infra.localcloud.cloudflare.api.tunnels import live
from infra.localcloud.cloudflare.cloud import Cloud, cloud_of
from infra.localcloud.cloudflare.envelope import body, now, ok
from infra.localcloud.cloudflare.errors import NotEmulated
from infra.localcloud.cloudflare.ingress import Config, compile_ingress
from infra.localcloud.cloudflare.store import Document


class NewConfiguration(BaseModel):
    config: Config


async def get(request: Request) -> Response:
    """Version 0 without a `config` before the first one is put."""
    cloud = cloud_of(request)
    return ok(_shown(cloud, live(cloud, request)))


async def put(request: Request) -> Response:
    cloud, new = cloud_of(request), await body(request, NewConfiguration)
    tunnel = live(cloud, request)
    if tunnel["config_src"] == "local":
        raise NotEmulated("the configuration of a locally managed tunnel (config_src local)")
    known = cloud.store.get("tunnel_config", tunnel["id"])
    document = {
        "id": tunnel["id"],
        "version": known["version"] + 1 if known else 1,
        "config": new.config.model_dump(by_alias=True, exclude_unset=True),
        "rules": compile_ingress(new.config),
        "created_at": now(),
    }
    cloud.store.put("tunnel_config", document)
    await cloud.apply()
    return ok(_shown(cloud, tunnel))


def _shown(cloud: Cloud, tunnel: Document) -> dict[str, Any]:
    known = cloud.store.get("tunnel_config", tunnel["id"])
    return {
        "account_id": cloud.account.account_id,
        "tunnel_id": tunnel["id"],
        "version": known["version"] if known else 0,
        "config": known["config"] if known else None,
        "source": tunnel["config_src"],
        "created_at": known["created_at"] if known else tunnel["created_at"],
    }
