"""Random keys that the tiers share, as a dynamic provider: made once, kept in the state as secrets."""

import base64
import secrets

from pulumi import Output, ResourceOptions
from pulumi.dynamic import (
    ConfigureRequest,
    CreateResult,
    DiffResult,
    ReadResult,
    Resource,
    ResourceProvider,
)

from infra.providers.lifetime import end_with_engine
from infra.providers.results import Props, changed


class KeyProvider(ResourceProvider):
    """Its id says nothing of the key. A key changes only when it is replaced; `delete` calls nothing."""

    serialize_as_secret_always = False

    def configure(self, req: ConfigureRequest) -> None:
        end_with_engine()

    def diff(self, _id: str, olds: Props, news: Props) -> DiffResult:
        names = changed(olds, news, "bytes")
        return DiffResult(changes=bool(names), replaces=names)

    def create(self, props: Props) -> CreateResult:
        value = generate(int(props["bytes"]))  # the engine knows only floats
        return CreateResult(secrets.token_hex(8), {"bytes": props["bytes"], "value": value})

    def read(self, id_: str, props: Props) -> ReadResult:
        return ReadResult(id_, props)


def generate(count: int) -> str:
    """`count` random bytes in base64 for URLs, without padding."""
    return base64.urlsafe_b64encode(secrets.token_bytes(count)).rstrip(b"=").decode()


class Key(Resource, module="shoreline", name="Key"):
    """A random key of `bytes` bytes."""

    value: Output[str]
    """Secret; base64 for URLs, without padding."""

    def __init__(
        self,
        resource_name: str,
        *,
        bytes: int = 32,  # noqa: A002 - the property's name
        opts: ResourceOptions | None = None,
    ) -> None:
        secret = ResourceOptions(additional_secret_outputs=["value"])
        inputs = {"bytes": bytes, "value": None}
        super().__init__(KeyProvider(), resource_name, inputs, ResourceOptions.merge(opts, secret))
