"""The whole stack: every vendor, declared together."""

import pulumi

from infra.components.bundle import build_web
from infra.components.cache import Cache
from infra.components.database import Database
from infra.components.edge import Edge
from infra.components.mail import mail_environment
from infra.components.release import Release
from infra.components.servers import Servers
from infra.manifest.current import bring_up_to_date
from infra.manifest.limits import Plans
from infra.paths import SCHEMA
from infra.providers.key_ring import KeyRing
from infra.reporting import user_errors_reported
from infra.settings import Settings

with user_errors_reported():
    settings = Settings.load()
    bring_up_to_date(Plans.of(settings))
    database = Database("notes", settings.turso, seed=settings.seed, schema=SCHEMA)
    cache = Cache("cache", settings.upstash)
    keys = {**dict(settings.keys), "shared": settings.rollout is not None}
    edge_keys, session_keys = KeyRing("edge-keys", **keys), KeyRing("session-keys", **keys)
    servers = Servers(
        "vps",
        settings.servers,
        zone=settings.cloudflare,
        release=Release.current(build_web(), keys=settings.keys),
        environment={
            "DATABASE_ORIGIN": settings.turso.databases or database.url,
            "DATABASE_HOST": database.hostname,
            "DATABASE_TOKEN": database.token,
            "REDIS_URL": cache.tcp_url,
            "EDGE_KEYS": edge_keys.text,
            "SESSION_KEYS": session_keys.text,
            "PUBLIC_URL": settings.edge.public_url,
            **mail_environment(settings.mail),
        },
        ssh_key=pulumi.Config().require_secret("sshKey"),
    )
    edge = Edge(
        "edge",
        settings.edge,
        zone=settings.cloudflare,
        database=database,
        cache=cache,
        servers=servers,
        front=settings.front,
        rollout=settings.rollout,
        edge_keys=edge_keys.text,
        session_keys=session_keys.text,
    )

    # A version that still answers somebody keeps its release.
    servers.drain(keep=[settings.rollout.server_release] if settings.rollout else [], after=edge.deployment)

    pulumi.export("url", edge.url)
    pulumi.export("version", edge.version)
    pulumi.export("serverRelease", servers.release)
    rest = {"url": settings.upstash.rest or cache.rest_url, "host": cache.endpoint, "token": cache.rest_token}
    pulumi.export("redis", rest)
