"""An Upstash Redis database."""

from pulumi import Input, Output, ResourceOptions
from pulumi.dynamic import (
    CheckResult,
    ConfigureRequest,
    CreateResult,
    DiffResult,
    ReadResult,
    Resource,
    ResourceProvider,
    UpdateResult,
)

from infra.errors import UserError
from infra.providers.api import RefusedError
from infra.providers.lifetime import end_with_engine
from infra.providers.results import Props, changed, gone, known, refused
from infra.providers.upstash.platform import Database, Platform
from infra.vendors.upstash_limits import PLANS, REGIONS, PlanName

_SETTING = "shoreline:upstash.database"
_INPUTS = ("name", "plan", "region", "eviction")
_REPLACING = ("name", "region")
_SECRETS = ("password", "restToken", "readOnlyRestToken")
_OUTPUTS = ("databaseId", "endpoint", "port", "tls", *_SECRETS)


class RedisProvider(ResourceProvider):
    """Its id is the database's id.

    The engine keeps an instance's pickle in the state: a reference to its class, and no attributes.
    """

    serialize_as_secret_always = False

    platform: Platform

    def configure(self, req: ConfigureRequest) -> None:
        end_with_engine()
        names = ("shoreline:upstash", "shoreline:upstashApiKey")
        self.platform = Platform.configured({name: req.config.get(name) for name in names})

    def check(self, _olds: Props, news: Props) -> CheckResult:
        for setting, given, all_ in (("plan", news["plan"], PLANS), ("region", news["region"], REGIONS)):
            if isinstance(given, str) and known(news, [setting]) and given not in all_:
                return refused(
                    news,
                    f"shoreline:upstash.{setting}: {given!r} is none of {', '.join(all_)}. Name one of these",
                )
        return CheckResult(news, [])

    def diff(self, _id: str, olds: Props, news: Props) -> DiffResult:
        """A database keeps its name and its region for life: the old one goes before the new one comes."""
        names = changed(olds, news, *_INPUTS)
        replaces = [name for name in known(news, names) if name in _REPLACING]
        return DiffResult(changes=bool(names), replaces=replaces, delete_before_replace="region" in replaces)

    def create(self, props: Props) -> CreateResult:
        """Creates the database, or takes over the one of this name in the same region."""
        name, region = props["name"], props["region"]
        existing = self.platform.find(name)
        if existing is not None and existing.primary_region != region:
            remedy = "Choose another name, or set shoreline:upstash.region to that region"
            raise UserError(_SETTING, f"database {name!r} exists in {existing.primary_region}", remedy)
        try:
            if existing is None:
                database = self.platform.create(name, props["plan"], region, eviction=props["eviction"])
            else:
                database = self._existing(existing.database_id)
            database = self._brought(database, props, database.plan(props["plan"]))
        except RefusedError as error:
            raise UserError(
                _SETTING,
                f"Upstash refuses database {name!r} with plan {props['plan']} in {region}: {error.message}",
                "Correct shoreline:upstash",
            ) from None
        return CreateResult(database.database_id, _outputs(database, props["plan"]))

    def read(self, id_: str, props: Props) -> ReadResult:
        database = self.platform.database(id_)
        if database is None:
            return gone()
        outputs = _outputs(database, database.plan(props.get("plan", "payg")))
        return ReadResult(id_, outputs, {name: outputs[name] for name in _INPUTS})

    def update(self, id_: str, olds: Props, news: Props) -> UpdateResult:
        """Changes plan and eviction at Upstash; credentials and endpoint stay."""
        try:
            database = self._brought(self._existing(id_), news, olds["plan"])
        except RefusedError as error:
            raise UserError(
                "shoreline:upstash.plan",
                f"Upstash does not change database {news['name']!r}: {error.message}",
                "Choose another plan",
            ) from None
        return UpdateResult(_outputs(database, news["plan"]))

    def delete(self, id_: str, props: Props) -> None:
        """Deletes the database with its data."""
        try:
            self.platform.delete(f"/redis/database/{id_}")
        except RefusedError as error:
            raise UserError(
                _SETTING,
                f"Upstash does not delete database {props.get('name', id_)!r}: {error.message}",
                "Run the same command again",
            ) from None

    def _existing(self, id_: str) -> Database:
        database = self.platform.database(id_)
        if database is None:
            remedy = "Run `pulumi refresh`, then the same command again"
            raise UserError(_SETTING, f"database {id_} is gone from Upstash", remedy)
        return database

    def _brought(self, database: Database, wanted: Props, plan: PlanName) -> Database:
        """The database with the plan and eviction that are wanted; `plan` is the one it has."""
        before = (plan, database.eviction)
        if plan != wanted["plan"]:
            self.platform.change_plan(database.database_id, wanted["plan"])
        if database.eviction != wanted["eviction"]:
            self.platform.change_eviction(database.database_id, eviction=wanted["eviction"])
        unchanged = before == (wanted["plan"], wanted["eviction"])
        return database if unchanged else self._existing(database.database_id)


def _outputs(database: Database, plan: PlanName) -> Props:
    return {
        "name": database.database_name,
        "plan": plan,
        "region": database.primary_region,
        "eviction": database.eviction,
        "databaseId": database.database_id,
        "endpoint": database.host,
        "port": database.port,
        "tls": database.tls,
        "password": database.password,
        "restToken": database.rest_token,
        "readOnlyRestToken": database.read_only_rest_token,
    }


class Redis(Resource, module="upstash", name="Redis"):
    """A Redis database. A change of name or region replaces it by an empty one; the rest changes in place."""

    name: Output[str]
    plan: Output[str]
    region: Output[str]
    eviction: Output[bool]
    databaseId: Output[str]  # noqa: N815 - the engine's name of the property
    endpoint: Output[str]
    """Its host name."""
    port: Output[int]
    tls: Output[bool]
    password: Output[str]
    """Secret, as both tokens are."""
    restToken: Output[str]  # noqa: N815
    readOnlyRestToken: Output[str]  # noqa: N815

    def __init__(
        self,
        resource_name: str,
        *,
        name: Input[str],
        plan: Input[str],
        region: Input[str],
        eviction: Input[bool] = False,
        opts: ResourceOptions | None = None,
    ) -> None:
        inputs = {"name": name, "plan": plan, "region": region, "eviction": eviction}
        secret = ResourceOptions(additional_secret_outputs=list(_SECRETS))
        super().__init__(
            RedisProvider(),
            resource_name,
            inputs | dict.fromkeys(_OUTPUTS),
            ResourceOptions.merge(opts, secret),
        )
