"""Every resource type the stand-in serves, by token."""

from collections.abc import Mapping
from typing import Final

from infra.toolchain.plugins.cloudflare.cron import CRON
from infra.toolchain.plugins.cloudflare.deployment import DEPLOYMENT
from infra.toolchain.plugins.cloudflare.dns import DNS
from infra.toolchain.plugins.cloudflare.domain import DOMAIN
from infra.toolchain.plugins.cloudflare.kind import Kind
from infra.toolchain.plugins.cloudflare.route import ROUTE
from infra.toolchain.plugins.cloudflare.ruleset import RULESET
from infra.toolchain.plugins.cloudflare.tunnel import TUNNEL, TUNNEL_CONFIG
from infra.toolchain.plugins.cloudflare.version import VERSION
from infra.toolchain.plugins.cloudflare.worker import WORKER

KINDS: Final[Mapping[str, Kind]] = {
    kind.resource: kind
    for kind in (WORKER, VERSION, DEPLOYMENT, ROUTE, DOMAIN, CRON, DNS, RULESET, TUNNEL, TUNNEL_CONFIG)
}
