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


@dataclass(frozen=True)
class UpstashAccount:
    email: str
    api_key: str


@dataclass(frozen=True)
class ServersAccount:
    """Keys of all local servers: private ones in OpenSSH's format, public ones as `ssh-ed25519 AAAA...`."""

    client_key: str
    client_public_key: str
    host_key: str
    host_public_key: str


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
UPSTASH = UpstashAccount(
    email="local@shoreline.localhost",
    api_key="local-upstash-key-that-opens-only-loopback",
)
SERVERS = ServersAccount(
    client_key="""\
-----BEGIN OPENSSH PRIVATE KEY-----
b3BlbnNzaC1rZXktdjEAAAAABG5vbmUAAAAEbm9uZQAAAAAAAAABAAAAMwAAAAtzc2gtZW
QyNTUxOQAAACBcFCt1lIht/Uc8kOQNTL9qa1uhH9kCfN0yDqR+fkjzXAAAALjOQ+SQzkPk
kAAAAAtzc2gtZWQyNTUxOQAAACBcFCt1lIht/Uc8kOQNTL9qa1uhH9kCfN0yDqR+fkjzXA
AAAED77u/K3tBpM9mVjv5YM82KZ5LZk/P1lHMMY5XXzeebQFwUK3WUiG39RzyQ5A1Mv2pr
W6Ef2QJ83TIOpH5+SPNcAAAAMHNob3JlbGluZSBsb2NhbCBjbG91ZCwgY2xpZW50LCBwdW
JsaWMgb24gcHVycG9zZQECAwQF
-----END OPENSSH PRIVATE KEY-----
""",
    client_public_key="ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIFwUK3WUiG39RzyQ5A1Mv2prW6Ef2QJ83TIOpH5+SPNc",
    host_key="""\
-----BEGIN OPENSSH PRIVATE KEY-----
b3BlbnNzaC1rZXktdjEAAAAABG5vbmUAAAAEbm9uZQAAAAAAAAABAAAAMwAAAAtzc2gtZW
QyNTUxOQAAACAVE4fo6Spzh0JfiMEDt7HD2N6F9ianEm/6/++RcxLLLwAAALionBW+qJwV
vgAAAAtzc2gtZWQyNTUxOQAAACAVE4fo6Spzh0JfiMEDt7HD2N6F9ianEm/6/++RcxLLLw
AAAEDocDiPuqNAiI50zpj/fHWsRCnrYiTMb1Q5b/1tus0cqBUTh+jpKnOHQl+IwQO3scPY
3oX2JqcSb/r/75FzEssvAAAALnNob3JlbGluZSBsb2NhbCBjbG91ZCwgaG9zdCwgcHVibG
ljIG9uIHB1cnBvc2UBAgMEBQYH
-----END OPENSSH PRIVATE KEY-----
""",
    host_public_key="ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIBUTh+jpKnOHQl+IwQO3scPY3oX2JqcSb/r/75FzEssv",
)
