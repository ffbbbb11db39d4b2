"""The edge: a Worker, its version and deployment, who gets which version, its hosts and its schedule."""

import os
from pathlib import Path

import pulumi
import pulumi_cloudflare as cloudflare

from infra.components.affinity import affinity_rules
from infra.components.bundle import build_edge, build_web
from infra.components.cache import Cache
from infra.components.database import Database
from infra.components.servers import Servers
from infra.settings import CloudflareSettings, EdgeSettings, Front, RolloutSettings

COMPATIBILITY_DATE = "2026-10-15"
"""Not after the newest workerd that every supported system can install (package.json)."""

# Cloudflare's discard prefix: a proxied record for a host that has no origin (Workers routing docs, 2026-11).
_ORIGINLESS = "100::"
_AUTOMATIC_TTL = 1


class Edge(pulumi.ComponentResource):
    """The only front door.

    The public hosts' DNS records lead to the servers' entrance: what runs no Worker goes there.
    `url`: where the public reaches the edge, known once a deployment answers there.
    """

    url: pulumi.Output[str]
    version: pulumi.Output[str]
    """The Worker's, of this code."""
    deployment: cloudflare.WorkersDeployment
    """Which versions answer."""

    def __init__(
        self,
        name: str,
        settings: EdgeSettings,
        *,
        zone: CloudflareSettings,
        database: Database,
        cache: Cache,
        servers: Servers,
        front: Front,
        rollout: RolloutSettings | None = None,
        edge_keys: pulumi.Input[str],
        session_keys: pulumi.Input[str],
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__("shoreline:index:Edge", name, None, opts)
        self._prefix, self._edge, self._zone, self._front = name, settings, zone, front

        worker = self._create_worker()
        version = self._create_version(
            worker,
            [
                {"name": "ASSETS", "type": "assets"},
                {"name": "DATABASE_TOKEN", "type": "secret_text", "text": database.token},
                {"name": "DATABASE_URL", "type": "plain_text", "text": database.url},
                {"name": "EDGE_KEYS", "type": "secret_text", "text": edge_keys},
                {"name": "ORIGINS", "type": "json", "json": pulumi.Output.json_dumps(servers.origins)},
                {"name": "PUBLIC_URL", "type": "plain_text", "text": settings.public_url},
                {"name": "REDIS_TOKEN", "type": "secret_text", "text": cache.rest_token},
                {"name": "REDIS_URL", "type": "plain_text", "text": cache.rest_url},
                {"name": "RELEASE", "type": "version_metadata"},
                {"name": "SERVER_RELEASE", "type": "plain_text", "text": servers.release},
                {"name": "SESSION_KEYS", "type": "secret_text", "text": session_keys},
            ],
        )
        self.version = version.id
        self.deployment = self._deploy(
            worker, version, rollout, after=self._keep_visitors() if settings.affinity else None
        )
        bound = self._bind(f"{name}-host", settings.host, servers.entrance, worker, self.deployment)
        self._bind(name, settings.route_host, servers.entrance, worker, self.deployment)
        self._schedule(worker, self.deployment)

        self.url = bound.id.apply(lambda _: settings.public_url)
        self.register_outputs({"url": self.url})

    def _create_worker(self) -> cloudflare.Worker:
        return cloudflare.Worker(
            f"{self._prefix}-worker",
            account_id=self._zone.account_id,
            name=self._edge.name,
            observability={"enabled": True},
            subdomain={"enabled": False, "previews_enabled": False},
            opts=self._child(),
        )

    def _create_version(
        self, worker: cloudflare.Worker, bindings: list[cloudflare.WorkerVersionBindingArgsDict]
    ) -> cloudflare.WorkerVersion:
        module = build_edge()
        return cloudflare.WorkerVersion(
            f"{self._prefix}-version",
            account_id=self._zone.account_id,
            worker_id=worker.id,
            main_module=module.name,
            modules=[
                {
                    "name": module.name,
                    "content_type": "application/javascript+module",
                    "content_file": _from_here(module),
                }
            ],
            assets={
                "directory": _from_here(build_web()),
                "config": {"run_worker_first": True, "html_handling": "auto-trailing-slash"},
            },
            bindings=bindings,
            compatibility_date=COMPATIBILITY_DATE,
            limits={"cpu_ms": self._edge.cpu_ms} if self._edge.cpu_ms else None,
            # Cloudflare keeps versions: an older one may still be served, or be rolled back to.
            opts=self._child(retain_on_delete=True),
        )

    def _keep_visitors(self) -> cloudflare.Ruleset:
        """While two versions answer, each visitor stays with one."""
        return cloudflare.Ruleset(
            f"{self._prefix}-affinity",
            zone_id=self._zone.zone_id,
            name=f"{self._edge.name}: request header rules",
            description="Which version of the Worker a visitor gets",
            kind="zone",
            phase="http_request_late_transform",
            rules=affinity_rules((self._edge.host, self._edge.route_host), self._zone.zone_plan),
            opts=self._child(),
        )

    def _deploy(
        self,
        worker: cloudflare.Worker,
        version: cloudflare.WorkerVersion,
        rollout: RolloutSettings | None,
        *,
        after: cloudflare.Ruleset | None,
    ) -> cloudflare.WorkersDeployment:
        return cloudflare.WorkersDeployment(
            f"{self._prefix}-deployment",
            account_id=self._zone.account_id,
            script_name=worker.name,
            strategy="percentage",
            versions=version.id.apply(lambda new: shares(new, rollout)),
            opts=self._child(depends_on=[after] if after else None),
        )

    def _bind(
        self,
        name: str,
        host: str,
        entrance: pulumi.Input[str] | None,
        worker: cloudflare.Worker,
        deployment: cloudflare.WorkersDeployment,
    ) -> cloudflare.WorkersRoute | cloudflare.DnsRecord:
        """By a route and not as a custom domain: it can be taken away and given back without a gap."""
        record = cloudflare.DnsRecord(
            f"{name}-record",
            zone_id=self._zone.zone_id,
            name=host,
            type="AAAA" if entrance is None else "CNAME",
            content=_ORIGINLESS if entrance is None else entrance,
            proxied=True,
            ttl=_AUTOMATIC_TTL,
            opts=self._child(),
        )
        if self._front == "server":
            return record
        return cloudflare.WorkersRoute(
            f"{name}-route",
            zone_id=self._zone.zone_id,
            pattern=f"{host}/*",
            script=worker.name,
            opts=self._child(depends_on=[deployment, record]),
        )

    def _schedule(self, worker: cloudflare.Worker, deployment: cloudflare.WorkersDeployment) -> None:
        cloudflare.WorkersCronTrigger(
            f"{self._prefix}-cron",
            account_id=self._zone.account_id,
            script_name=worker.name,
            schedules=[{"cron": cron} for cron in self._edge.crons],
            opts=self._child(depends_on=[deployment]),
        )

    def _child(
        self, *, depends_on: list[pulumi.Resource] | None = None, retain_on_delete: bool = False
    ) -> pulumi.ResourceOptions:
        return pulumi.ResourceOptions(parent=self, depends_on=depends_on, retain_on_delete=retain_on_delete)


def shares(new: str, rollout: RolloutSettings | None) -> list[cloudflare.WorkersDeploymentVersionArgsDict]:
    """Which versions answer whom. The new one comes last: as its share grows, nobody goes back (split.ts)."""
    if rollout is None or rollout.version == new:
        return [{"version_id": new, "percentage": 100}]
    return [
        {"version_id": rollout.version, "percentage": 100 - rollout.percentage},
        {"version_id": new, "percentage": rollout.percentage},
    ]


def _from_here(path: Path) -> str:
    """Relative to the program's folder, so that the state is the same on every machine."""
    return os.path.relpath(path)
