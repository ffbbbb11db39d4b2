"""cloudflare.WorkersRoute: a URL pattern of a zone that a Worker answers."""

from infra.toolchain.plugins.cloudflare.kind import Kind, top_level

ROUTE = Kind(
    resource="cloudflare:index/workersRoute:WorkersRoute",
    address=("zoneId", "id"),
    collection="/zones/{zoneId}/workers/routes",
    item="/zones/{zoneId}/workers/routes/{id}",
    required=("zoneId", "pattern"),
    optional=("script",),
    update="PUT",
    replaces=top_level("zoneId"),
)
