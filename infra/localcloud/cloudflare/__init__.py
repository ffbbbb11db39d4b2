"""The local Cloudflare: its API v4 for the nouns of this project, and its edge on workerd."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import yaml

from infra.localcloud.accounts import CLOUDFLARE
from infra.localcloud.cloudflare import tunnels
from infra.localcloud.cloudflare.app import build_app
from infra.localcloud.cloudflare.cloud import Cloud
from infra.localcloud.cloudflare.connectors import Connectors
from infra.localcloud.cloudflare.crons import Crons
from infra.localcloud.cloudflare.engine import Engine
from infra.localcloud.cloudflare.files import Files
from infra.localcloud.cloudflare.store import Store
from infra.localcloud.cloudflare.tails import Tails
from infra.localcloud.endpoints import Address, Endpoints
from infra.localcloud.process import ProcessStatus
from infra.vendors.cloudflare_limits import Plan, ZonePlan


class Cloudflare:
    """A Vendor. `data` is the local cloud's folder: its state lives in `cloudflare/` below it.

    `outbound` maps host patterns to the other vendors' data planes: a Worker's fetch to these goes there.
    The account's and the zone's plan and the edge's public scheme come from the stack's configuration file.
    """

    name = "cloudflare"

    def __init__(self, data: Path, endpoints: Endpoints, outbound: Mapping[str, Address]) -> None:
        self.address = endpoints.cloudflare_api
        plan, zone_plan, scheme = _account(endpoints.config_file)
        own = data / "cloudflare"
        store, files = Store(own / "store.sqlite"), Files(own)
        engine = Engine(data, own / "run", files, endpoints.edge, outbound)
        crons = Crons(store, engine)
        self.cloud = Cloud(
            CLOUDFLARE, plan, zone_plan, scheme, store, files, engine, crons, Connectors(), Tails(engine)
        )
        self.app = build_app(self.cloud)

    @property
    def edge(self) -> Address:
        """Where the edge listens; its port is known after `start` if 0 was asked for."""
        return self.cloud.engine.edge

    def hosts(self) -> Mapping[str, Address]:
        return {}

    async def start(self) -> None:
        tunnels.all_inactive(self.cloud.store)
        self.cloud.files.drop_versions_but({version["id"] for version in self.cloud.store.all("version")})
        try:
            await self.cloud.engine.start(self.cloud.table())
        except BaseException:
            await self.cloud.engine.stop()
            raise
        self.cloud.crons.start()

    async def stop(self) -> None:
        await self.cloud.tails.stop()
        await self.cloud.crons.stop()
        await self.cloud.engine.stop()
        self.cloud.store.close()

    def processes(self) -> list[ProcessStatus]:
        return self.cloud.engine.processes()


def _account(config_file: Path) -> tuple[Plan, ZonePlan, str]:
    """The plans (free unless it says otherwise) and the scheme of the public URL."""
    document: Any = yaml.safe_load(config_file.read_text("utf-8"))
    config = document["config"]
    zone = config.get("shoreline:cloudflare", {})
    plan: Plan = "paid" if zone.get("plan") == "paid" else "free"
    zone_plan: ZonePlan = zone.get("zonePlan", "free")
    return plan, zone_plan, urlsplit(config.get("shoreline:edge", {}).get("url", "")).scheme or "http"
