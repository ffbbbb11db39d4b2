"""The one account that the local cloud has with each vendor.

The tokens are public: they open nothing but emulators on this machine's loopback. `Pulumi.dev.yaml` holds
the same values as Pulumi secrets, and a test holds the two together.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class CloudflareAccount:
    account_id: str
    zone_id: str
    zone_name: str
    token: str


@dataclass(frozen=True)
class TursoAccount:
    organization: str
    token: str


CLOUDFLARE = CloudflareAccount(
    account_id="5e0ae11e5e0ae11e5e0ae11e5e0ae11e",
    zone_id="10ca1705710ca1705710ca1705710ca1",
    zone_name="localhost",
    token="local-cloudflare-token-that-opens-only-loopback",  # noqa: S106 public by purpose
)
TURSO = TursoAccount(
    organization="shoreline",
    token="local-turso-token-that-opens-only-loopback",  # noqa: S106 public by purpose
)
