"""cloudflare.WorkersCustomDomain: a hostname a Worker answers. Attaching is a PUT; every change replaces."""

from infra.toolchain.plugins.cloudflare.kind import Kind, top_level

DOMAIN = Kind(
    resource="cloudflare:index/workersCustomDomain:WorkersCustomDomain",
    address=("accountId", "id"),
    collection="/accounts/{accountId}/workers/domains",
    item="/accounts/{accountId}/workers/domains/{id}",
    required=("accountId", "hostname", "service"),
    optional=("environment", "zoneId", "zoneName"),
    computed=("certId",),
    kept=frozenset({"environment", "zoneId", "zoneName"}),
    create="PUT",
    replaces=top_level("accountId", "hostname", "service", "environment", "zoneId", "zoneName"),
)
