"""The Upstash Redis database, with its addresses for the edge (REST) and for servers (TCP)."""

from pulumi import ComponentResource, Output, ResourceOptions

from infra.providers.upstash.redis import Redis
from infra.settings import UpstashSettings


class Cache(ComponentResource):
    """A Redis database."""

    endpoint: Output[str]
    """Its host."""
    rest_url: Output[str]
    """`https://<endpoint>`: the edge's, with one of the tokens."""
    rest_token: Output[str]
    """Secret."""
    read_only_rest_token: Output[str]
    """Secret."""
    tcp_url: Output[str]
    """A secret, as the password is in it: `rediss://default:PASSWORD@<endpoint>:<port>`."""

    def __init__(self, name: str, settings: UpstashSettings, opts: ResourceOptions | None = None) -> None:
        super().__init__("shoreline:index:Cache", name, {}, opts)
        self._redis = self._create_redis(name, settings)

        self.endpoint = self._redis.endpoint
        self.rest_url = self.endpoint.apply(lambda endpoint: f"https://{endpoint}")
        self.rest_token = Output.secret(self._redis.restToken)
        self.read_only_rest_token = Output.secret(self._redis.readOnlyRestToken)
        self.tcp_url = self._tcp_url(settings.tcp)
        self.register_outputs(
            {
                "endpoint": self.endpoint,
                "rest_url": self.rest_url,
                "rest_token": self.rest_token,
                "read_only_rest_token": self.read_only_rest_token,
                "tcp_url": self.tcp_url,
            }
        )

    def _create_redis(self, name: str, settings: UpstashSettings) -> Redis:
        return Redis(
            f"{name}-redis",
            name=settings.database,
            plan=settings.plan,
            region=settings.region,
            eviction=settings.eviction,
            opts=ResourceOptions(parent=self),
        )

    def _tcp_url(self, connect_to: str | None) -> Output[str]:
        """`connect_to` as in the settings: scheme and host instead of the endpoint's."""
        redis = self._redis
        scheme, _, host = (connect_to or "").partition("://")
        known = Output.all(redis.password, redis.endpoint, redis.port)
        return Output.secret(
            known.apply(
                lambda it: f"{scheme or 'rediss'}://default:{it[0]}@{host or it[1]}:{int(it[2])}",
            )
        )
