"""What every endpoint works on: the declared state, the files, the engine, the account's plan."""

from dataclasses import dataclass
from typing import cast

from starlette.requests import Request

from infra.localcloud.accounts import CloudflareAccount
from infra.localcloud.cloudflare.connectors import Connectors
from infra.localcloud.cloudflare.crons import Crons
from infra.localcloud.cloudflare.engine import Engine
from infra.localcloud.cloudflare.files import Files
from infra.localcloud.cloudflare.store import Store
from infra.localcloud.cloudflare.table import Table, build_table
from infra.localcloud.cloudflare.tails import Tails
from infra.vendors.cloudflare_limits import Plan, ZonePlan


@dataclass(frozen=True)
class Cloud:
    """`plan` is of Workers; `scheme` is that of the edge's public URL."""

    account: CloudflareAccount
    plan: Plan
    zone_plan: ZonePlan
    scheme: str
    store: Store
    files: Files
    engine: Engine
    crons: Crons
    connectors: Connectors
    tails: Tails

    def table(self) -> Table:
        return build_table(
            self.store,
            scheme=self.scheme,
            zone=self.account.zone_name,
            outbound=self.engine.outbound_names(),
            connected=self.connectors.tunnels(),
        )

    async def apply(self) -> None:
        """Returns when the edge serves the declared state: no change is acknowledged before."""
        await self.engine.apply(self.table())


def cloud_of(request: Request) -> Cloud:
    return cast("Cloud", request.app.state.cloud)
