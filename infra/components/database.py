"""The Turso database with its schema and its production-like data."""

from pathlib import Path

from pulumi import ComponentResource, Output, ResourceOptions

from infra.paths import ROOT
from infra.providers.turso.database import Database as TursoDatabase
from infra.providers.turso.group import Group
from infra.providers.turso.migrations import Migrations
from infra.providers.turso.schema import Migration, read_schema
from infra.providers.turso.seed import Seed
from infra.providers.turso.token import DatabaseToken
from infra.settings import SeedSettings, TursoSettings


class Database(ComponentResource):
    """A database, reachable once its schema is the one in `schema`.

    `protect` keeps the database, with its data, from being deleted: at Turso and by Pulumi.
    Raises UserError for a schema folder that cannot be read.
    """

    hostname: Output[str]
    url: Output[str]
    token: Output[str]
    """A secret full-access token, known only once the migrations are applied."""

    def __init__(
        self,
        name: str,
        settings: TursoSettings,
        *,
        seed: SeedSettings,
        schema: Path,
        protect: bool = False,
        opts: ResourceOptions | None = None,
    ) -> None:
        super().__init__("shoreline:index:Database", name, {}, opts)
        migrations = read_schema(schema, _shown(schema))

        self._group = self._create_group(name, settings)
        self._database = self._create_database(name, settings, protect)
        self._token = self._create_token(name)
        self._migrations = self._apply_migrations(name, migrations, _shown(schema))
        self._seed = self._create_seed(name, seed)

        self.hostname = self._database.hostname
        self.url = self.hostname.apply(lambda hostname: f"https://{hostname}")
        migrated = Output.all(self._token.jwt, self._migrations.applied)
        self.token = Output.secret(migrated.apply(lambda known: str(known[0])))
        self.register_outputs({"hostname": self.hostname, "url": self.url, "token": self.token})

    def _create_group(self, name: str, settings: TursoSettings) -> Group:
        return Group(f"{name}-group", name=settings.group, location=settings.location, opts=self._child())

    def _create_database(self, name: str, settings: TursoSettings, protect: bool) -> TursoDatabase:
        return TursoDatabase(
            f"{name}-database",
            name=settings.database,
            group=self._group.name,
            delete_protection=protect,
            opts=ResourceOptions.merge(self._child(), ResourceOptions(protect=protect)),
        )

    def _create_token(self, name: str) -> DatabaseToken:
        return DatabaseToken(
            f"{name}-token",
            database=self._database.name,
            database_id=self._database.databaseId,
            hostname=self._database.hostname,
            opts=self._child(),
        )

    def _apply_migrations(self, name: str, migrations: tuple[Migration, ...], folder: str) -> Migrations:
        return Migrations(
            f"{name}-migrations",
            database_id=self._database.databaseId,
            hostname=self._database.hostname,
            token=self._token.jwt,
            migrations=migrations,
            folder=folder,
            opts=self._child(),
        )

    def _create_seed(self, name: str, seed: SeedSettings) -> Seed:
        return Seed(
            f"{name}-seed",
            database_id=self._database.databaseId,
            hostname=self._database.hostname,
            token=self._token.jwt,
            notes=seed.notes,
            opts=ResourceOptions.merge(self._child(), ResourceOptions(depends_on=[self._migrations])),
        )

    def _child(self) -> ResourceOptions:
        return ResourceOptions(parent=self)


def _shown(folder: Path) -> str:
    """What messages call a folder of this clone."""
    return folder.relative_to(ROOT).as_posix() if folder.is_relative_to(ROOT) else folder.as_posix()
