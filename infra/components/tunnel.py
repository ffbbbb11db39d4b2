"""A Cloudflare Tunnel: the only way to a server's services."""

import base64
import json

import pulumi
import pulumi_cloudflare as cloudflare

from infra.providers.key import Key
from infra.settings import CloudflareSettings, ServerSettings

_AUTOMATIC_TTL = 1


class Tunnel(pulumi.ComponentResource):
    """The tunnel of one server, where its requests go, and the DNS record of its host."""

    host: pulumi.Output[str]
    """What a DNS record leads to, for its requests to go into the tunnel."""
    token: pulumi.Output[str]
    """Secret; what cloudflared on the server connects with."""

    def __init__(
        self,
        name: str,
        server: ServerSettings,
        *,
        zone: CloudflareSettings,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__("shoreline:index:Tunnel", name, None, opts)
        self._prefix, self._server, self._zone = name, server, zone

        secret = self._create_secret()
        tunnel = self._create_tunnel(secret)
        self._configure(tunnel)
        self.host = tunnel.id.apply(lambda identity: f"{identity}.cfargotunnel.com")
        self._create_record()

        known = pulumi.Output.all(tunnel.id, secret)
        self.token = pulumi.Output.secret(known.apply(lambda both: token(zone.account_id, *both)))
        self.register_outputs({"host": self.host, "token": self.token})

    def _create_secret(self) -> pulumi.Output[str]:
        key = Key(f"{self._prefix}-secret", opts=self._child())
        return pulumi.Output.secret(key.value.apply(standard_base64))

    def _create_tunnel(self, secret: pulumi.Output[str]) -> cloudflare.ZeroTrustTunnelCloudflared:
        return cloudflare.ZeroTrustTunnelCloudflared(
            f"{self._prefix}-tunnel",
            account_id=self._zone.account_id,
            name=self._server.name,
            config_src="cloudflare",
            tunnel_secret=secret,
            opts=self._child(),
        )

    def _configure(self, tunnel: cloudflare.ZeroTrustTunnelCloudflared) -> None:
        cloudflare.ZeroTrustTunnelCloudflaredConfig(
            f"{self._prefix}-routes",
            account_id=self._zone.account_id,
            tunnel_id=tunnel.id,
            # Of every host whose record leads here: the proxy tells them apart (services/host/Caddyfile).
            config={"ingresses": [{"service": f"http://localhost:{self._server.origin_port}"}]},
            opts=self._child(),
        )

    def _create_record(self) -> None:
        cloudflare.DnsRecord(
            f"{self._prefix}-record",
            zone_id=self._zone.zone_id,
            name=self._server.origin_host,
            type="CNAME",
            content=self.host,
            proxied=True,
            ttl=_AUTOMATIC_TTL,
            opts=self._child(),
        )

    def _child(self) -> pulumi.ResourceOptions:
        return pulumi.ResourceOptions(parent=self)


def standard_base64(key: str) -> str:
    """A key in base64 for URLs without padding, in standard base64, as Cloudflare takes a tunnel's secret."""
    return base64.b64encode(base64.urlsafe_b64decode(key + "=" * (-len(key) % 4))).decode()


def token(account: str, tunnel: str, secret: str) -> str:
    """What `cloudflared tunnel run` takes (TunnelToken in cloudflared's connection package, 2026-11-23)."""
    content = json.dumps({"a": account, "t": tunnel, "s": secret}, separators=(",", ":"))
    return base64.b64encode(content.encode()).decode()
