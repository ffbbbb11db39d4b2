"""The whole stack: every vendor, declared together."""

import pulumi

from infra.components.cache import Cache
from infra.components.database import Database
from infra.components.edge import Edge
from infra.paths import SCHEMA
from infra.reporting import user_errors_reported
from infra.settings import Settings

with user_errors_reported():
    settings = Settings.load()
    database = Database("notes", settings.turso, seed=settings.seed, schema=SCHEMA)
    cache = Cache("cache", settings.upstash)
    edge = Edge("edge", settings.edge, zone=settings.cloudflare, database=database)

    pulumi.export("url", edge.url)
