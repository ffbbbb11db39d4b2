"""A Turso database."""

from pulumi import Input, Output, ResourceOptions
from pulumi.dynamic import (
    CheckResult,
    CreateResult,
    DiffResult,
    ReadResult,
    Resource,
    UpdateResult,
)

from infra.errors import UserError
from infra.providers.api import RefusedError
from infra.providers.results import Props, changed, gone, refused
from infra.providers.turso import platform
from infra.providers.turso.platform import DatabaseAnswer
from infra.providers.turso.provider import TursoProvider

_SETTING = "shoreline:turso.database"


class DatabaseProvider(TursoProvider):
    """Its id is the database's name."""

    def check(self, olds: Props, news: Props) -> CheckResult:
        if olds.get("name") == news["name"] and changed(olds, news, "group"):
            reason = (
                f"shoreline:turso.group: database {news['name']!r} is in group {olds['group']!r},"
                f" and a database cannot move to another. Name a new database in {_SETTING}"
            )
            return refused(news, reason)
        return CheckResult(news, [])

    def diff(self, _id: str, olds: Props, news: Props) -> DiffResult:
        names = changed(olds, news, "name", "group", "deleteProtection")
        return DiffResult(changes=bool(names), replaces=[name for name in names if name in ("name", "group")])

    def create(self, props: Props) -> CreateResult:
        """Creates the database, or takes over the one of this name in the same group."""
        name, group = props["name"], props["group"]
        try:
            self.platform.post("/databases", {"name": name, "group": group})
        except RefusedError as error:
            if error.status != 409:
                raise UserError(
                    _SETTING,
                    f"Turso refuses database {name!r} in group {group!r}: {error.message}",
                    f"Correct {_SETTING} or shoreline:turso.group",
                ) from None
        database = self._find(name)
        if database is None:
            raise RuntimeError(f"database {name!r} was accepted, and is not found")
        if database.group != group:
            remedy = "Choose another name, or set shoreline:turso.group to that group"
            raise UserError(_SETTING, f"database {name!r} exists in group {database.group!r}", remedy)
        self._protect(database, props["deleteProtection"])
        return CreateResult(name, _outputs(database) | {"deleteProtection": props["deleteProtection"]})

    def read(self, id_: str, _props: Props) -> ReadResult:
        database = self._find(id_)
        if database is None:
            return gone()
        outputs = _outputs(database)
        return ReadResult(
            id_, outputs, {name: outputs[name] for name in ("name", "group", "deleteProtection")}
        )

    def update(self, id_: str, _olds: Props, news: Props) -> UpdateResult:
        database = self._find(id_)
        if database is None:
            remedy = "Run `pulumi refresh`, then the same command again"
            raise UserError(_SETTING, f"database {id_!r} is gone from Turso", remedy)
        self._protect(database, news["deleteProtection"])
        return UpdateResult(_outputs(database) | {"deleteProtection": news["deleteProtection"]})

    def delete(self, id_: str, _props: Props) -> None:
        """Deletes the database with its data. Turso refuses if it is protected."""
        try:
            self.platform.delete(f"/databases/{id_}")
        except RefusedError as error:
            raise UserError(
                _SETTING,
                f"Turso does not delete database {id_!r}: {error.message}",
                "Run `pulumi up` without protection first, if its data may be lost",
            ) from None

    def _find(self, name: str) -> platform.Database | None:
        answer = self.platform.get(f"/databases/{name}")
        return None if answer is None else DatabaseAnswer.model_validate(answer).database

    def _protect(self, database: platform.Database, wanted: bool) -> None:
        if database.delete_protection != wanted:
            self.platform.patch(f"/databases/{database.name}/configuration", {"delete_protection": wanted})


def _outputs(database: platform.Database) -> Props:
    return {
        "name": database.name,
        "group": database.group,
        "databaseId": database.id,
        "hostname": database.hostname,
        "deleteProtection": database.delete_protection,
    }


class Database(Resource, module="turso", name="Database"):
    """A database in a group. A change of name replaces it with an empty one; a change of group is refused."""

    name: Output[str]
    group: Output[str]
    databaseId: Output[str]  # noqa: N815 - the engine's name of the property
    hostname: Output[str]
    deleteProtection: Output[bool]  # noqa: N815

    def __init__(
        self,
        resource_name: str,
        *,
        name: Input[str],
        group: Input[str],
        delete_protection: bool = False,
        opts: ResourceOptions | None = None,
    ) -> None:
        inputs = {"name": name, "group": group, "deleteProtection": delete_protection}
        super().__init__(
            DatabaseProvider(), resource_name, inputs | {"databaseId": None, "hostname": None}, opts
        )
