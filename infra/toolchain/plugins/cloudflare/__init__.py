"""Stand-in for `pulumi-resource-cloudflare`: its properties, requests and decisions for this project's types.

Shapes: the requests in tests/wire, terraform-provider-cloudflare's schemas, the SDK's types (2026-11-23).
"""

VERSION = "6.17.0"
"""The official plugin this stands in for."""

ANNOUNCEMENT = (
    f"cloudflare {VERSION}: Shoreline's stand-in plugin, because the official one is not installed; "
    "it sends the same requests"
)
