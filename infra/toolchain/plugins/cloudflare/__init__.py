"""Stand-in for `pulumi-resource-cloudflare`: its properties, requests and decisions for this project's types.

Shapes: the requests in tests/wire, terraform-provider-cloudflare's schemas, the SDK's types (2026-11-23).
"""

from infra.toolchain.plugins.standin import Identity

IDENTITY = Identity("cloudflare", "6.17.0", "it sends the same requests")
