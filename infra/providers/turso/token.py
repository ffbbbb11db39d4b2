"""An access token of a Turso database."""

import hashlib
from typing import Literal

from pulumi import Input, Output, ResourceOptions
from pulumi.dynamic import CreateResult, DiffResult, ReadResult, Resource

from infra.errors import UserError
from infra.providers.api import RefusedError
from infra.providers.hrana import DatabaseMissingError, TokenRefusedError
from infra.providers.results import Props, changed, gone, known
from infra.providers.turso.platform import TokenAnswer
from infra.providers.turso.provider import TursoProvider

Authorization = Literal["full-access", "read-only"]

_INPUTS = ("database", "databaseId", "hostname", "authorization", "expiration")


class DatabaseTokenProvider(TursoProvider):
    """Its id is the database's name and the start of the token's SHA-256.

    `delete` calls nothing: Turso revokes a database's tokens only all at once (`auth/rotate`).
    """

    def diff(self, _id: str, olds: Props, news: Props) -> DiffResult:
        names = changed(olds, news, *_INPUTS)
        return DiffResult(changes=bool(names), replaces=known(news, names))

    def create(self, props: Props) -> CreateResult:
        path = f"/databases/{props['database']}/auth/tokens"
        query = {"expiration": props["expiration"], "authorization": props["authorization"]}
        try:
            answer = self.platform.post(path, **query)
        except RefusedError as refused:
            raise UserError(
                "shoreline:turso.database",
                f"Turso gives no token for database {props['database']!r}: {refused.message}",
                "Run `pulumi refresh` if the database is gone, then the same command again",
            ) from None
        jwt = TokenAnswer.model_validate(answer).jwt
        fingerprint = hashlib.sha256(jwt.encode()).hexdigest()[:12]
        return CreateResult(f"{props['database']}/{fingerprint}", _outputs(props) | {"jwt": jwt})

    def read(self, id_: str, props: Props) -> ReadResult:
        """A token that the database refuses, or whose database is gone, is gone."""
        with self.platform.database(props["hostname"], props["jwt"]) as database:
            try:
                database.execute("select 1")
            except (TokenRefusedError, DatabaseMissingError):
                return gone()
        return ReadResult(id_, _outputs(props) | {"jwt": props["jwt"]})


def _outputs(props: Props) -> Props:
    return {name: props[name] for name in _INPUTS}


class DatabaseToken(Resource, module="turso", name="DatabaseToken"):
    """A token for one database, replaced with it. `expiration` as Turso writes it: `never`, `2w`, `1d12h`."""

    jwt: Output[str]
    """Secret."""

    def __init__(
        self,
        resource_name: str,
        *,
        database: Input[str],
        database_id: Input[str],
        hostname: Input[str],
        authorization: Authorization = "full-access",
        expiration: str = "never",
        opts: ResourceOptions | None = None,
    ) -> None:
        inputs = {
            "database": database,
            "databaseId": database_id,
            "hostname": hostname,
            "authorization": authorization,
            "expiration": expiration,
        }
        secret = ResourceOptions(additional_secret_outputs=["jwt"])
        super().__init__(
            DatabaseTokenProvider(),
            resource_name,
            inputs | {"jwt": None},
            ResourceOptions.merge(opts, secret),
        )
