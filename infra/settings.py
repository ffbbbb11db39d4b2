"""The stack's configuration as one frozen model; the same for a local and a real target.

`Settings.parse` is pure and reports every mistake at once; `Settings.load` reads the running stack.
"""

import json
from collections.abc import Collection, Mapping
from datetime import UTC, datetime
from typing import Annotated, Any, Literal, Self
from urllib.parse import urlsplit

import pulumi
from cronsim import CronSim, CronSimError
from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    TypeAdapter,
    ValidationError,
    model_validator,
)
from pydantic.alias_generators import to_camel

from infra import mistakes
from infra.mistakes import Mistake, SettingsError, refusal
from infra.vendors.cloudflare_limits import Plan, ZonePlan
from infra.vendors.upstash_limits import PlanName

PROJECT = "shoreline"
SECRETS = ("cloudflare:apiToken", "shoreline:tursoToken", "shoreline:upstashApiKey", "shoreline:sshKey")
"""Settings that must be Pulumi secrets. The providers read them, and the program the SSH key."""

MAIL_PASSWORD = "shoreline:mailPassword"  # noqa: S105 - its name
"""A secret where the mail settings have a user name."""

_LOOPBACK = ("127.0.0.1", "localhost", "::1")


def _endpoint(value: str) -> str:
    parts = urlsplit(value)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise refusal(f"{value!r} is not an http(s) URL", "Write it as https://host[:port][/path]")
    if parts.scheme == "http" and parts.hostname not in _LOOPBACK:
        raise refusal(f"{value!r} would carry secrets over plain http to another machine", "Use https")
    return value.rstrip("/")


def _cron(value: str) -> str:
    try:
        CronSim(value, datetime(2026, 1, 1, tzinfo=UTC))
    except CronSimError:
        raise refusal(
            f"{value!r} is not a cron expression", "Write five fields, such as '*/5 * * * *'"
        ) from None
    return value


Endpoint = Annotated[str, AfterValidator(_endpoint)]
Cron = Annotated[str, AfterValidator(_cron)]
Identifier = Annotated[str, Field(pattern=r"^[0-9a-f]{32}$")]
Port = Annotated[int, Field(ge=1, le=65_535)]
HostName = Annotated[str, Field(max_length=253, pattern=r"^[a-z0-9-]{1,63}(\.[a-z0-9-]{1,63})*$")]
UserName = Annotated[str, Field(pattern=r"^[a-z_][a-z0-9_-]*$")]
# Turso Platform API, 2026-11-23: lower case, digits, dashes, at most 64.
TursoName = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,63}$")]


Front = Literal["edge", "server"]


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", alias_generator=to_camel, populate_by_name=True)


class CloudflareSettings(_Model):
    """The account and zone that the edge lives in, and their plans."""

    account_id: Identifier
    zone_id: Identifier
    plan: Plan
    zone_plan: ZonePlan = "free"


class EdgeSettings(_Model):
    """The Worker: its hosts, its schedule, its limit."""

    # Cloudflare Workers limits, 2026-11-23.
    name: Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]{0,62}$")]
    host: HostName
    route_host: HostName
    url: Endpoint | None = None
    """Where the public reaches the edge; unset: https://<host>."""
    affinity: bool = True
    """The zone's request header rules are the program's: they keep a visitor with one version."""
    crons: tuple[Cron, ...] = ()
    cpu_ms: Annotated[int, Field(ge=1, le=300_000)] | None = None
    """CPU milliseconds a request may use; unset: the plan's default."""

    @property
    def public_url(self) -> str:
        return self.url or f"https://{self.host}"

    @model_validator(mode="after")
    def _hosts_differ(self) -> Self:
        if self.host == self.route_host:
            raise refusal("is the same as edge.host", "Give the route a second host", where="routeHost")
        return self


class TursoSettings(_Model):
    """The database and where Turso's platform answers."""

    api: Endpoint = "https://api.turso.tech"
    organization: TursoName
    group: TursoName
    location: Annotated[str, Field(pattern=r"^[a-z0-9-]+$")]
    database: TursoName
    databases: Endpoint | None = None
    """Where to connect for every database, instead of https://<hostname>."""


class UpstashSettings(_Model):
    """The Redis database and where Upstash's Developer API answers."""

    api: Endpoint = "https://api.upstash.com/v2"
    email: Annotated[str, Field(pattern=r"^[^@\s:]+@[^@\s:]+$")]
    # The local cloud's form, which Upstash takes too.
    database: Annotated[str, Field(pattern=r"^[a-z0-9]([a-z0-9-]{0,38}[a-z0-9])?$")]
    plan: PlanName = "payg"
    region: Annotated[str, Field(pattern=r"^[a-z0-9-]+$")]
    eviction: bool = False
    rest: Endpoint | None = None
    """Where to connect for REST outside the edge, instead of https://<endpoint>."""
    tcp: Annotated[str, Field(pattern=r"^redis://(127\.0\.0\.1|localhost)$")] | None = None
    """Where to connect for TCP, without its port, instead of rediss://<endpoint>."""


class ServerSettings(_Model):
    """A server: how it is reached by SSH, and the host under which the edge reaches its services."""

    name: Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]{0,31}$")]
    host: HostName
    port: Port = 22
    user: UserName = "shoreline"
    """Its services are this user's."""
    deploy_user: UserName | None = None
    """Takes pushes and deploys them, on the first server; unset: the services' user."""
    host_key: Annotated[
        str, Field(pattern=r"^(ssh-ed25519|ecdsa-sha2-nistp256|ssh-rsa) [A-Za-z0-9+/]+={0,2}$")
    ]
    """The pinned one, as in known_hosts from the algorithm on."""
    origin_host: HostName
    origin_port: Port = 8721
    """Where the proxy listens on the server's loopback."""


class MailSettings(_Model):
    """The server that takes the services' email. With a user name, its password is a secret of the stack."""

    host: HostName
    port: Port = 587
    """465: TLS from the start; else STARTTLS."""
    sender: Annotated[str, Field(alias="from", pattern=r"^[^@\s]+@[^@\s]+$")]
    username: Annotated[str, Field(min_length=1)] | None = None

    @property
    def environment(self) -> Mapping[str, str]:
        """For the services, without the password."""
        named = {} if self.username is None else {"MAIL_USERNAME": self.username}
        return {"MAIL_HOST": self.host, "MAIL_PORT": str(self.port), "MAIL_FROM": self.sender, **named}


class SeedSettings(_Model):
    """Production-like rows, written once; 0 writes none."""

    notes: Annotated[int, Field(ge=0, le=1_000_000)] = 0


class KeySettings(_Model):
    """The keys by which the tiers sign for each other and for browsers."""

    generation: Annotated[int, Field(ge=1)] = 1
    """One more rotates: what the keys before have signed is good until the next rotation."""
    revoked: Annotated[int, Field(ge=0)] = 0
    """Whatever keys there were up to this generation are good for nothing any more: they may be known."""

    @model_validator(mode="after")
    def _the_generation_is_not_revoked(self) -> Self:
        if self.revoked >= self.generation:
            remedy = f"Set keys.generation to {self.revoked + 1}, too"
            raise refusal(f"{self.revoked} revokes the generation in force", remedy, where="revoked")
        return self


class RolloutSettings(_Model):
    """A new version of the Worker that answers a part of the visitors, and what answers the rest.

    `version` and `server_release`: what answered before, as the stack's outputs of these names said.
    """

    # 100 is no roll-out any more: then the setting is taken out.
    percentage: Annotated[int, Field(ge=0, le=99)]
    version: Annotated[str, Field(pattern=r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$")]
    server_release: Annotated[str, Field(pattern=r"^[0-9a-f]{16}$")]


class Settings(_Model):
    """The whole configuration of one stack."""

    cloudflare: CloudflareSettings
    edge: EdgeSettings
    turso: TursoSettings
    upstash: UpstashSettings
    servers: tuple[ServerSettings, ...]
    seed: SeedSettings = SeedSettings()
    mail: MailSettings | None = None
    """Unset: no email is sent."""
    keys: KeySettings = KeySettings()
    front: Front = "edge"
    """Who stands before everything: the edge, or the first server, should the edge break as a whole."""
    rollout: RolloutSettings | None = None
    """Unset: a new version answers everybody at once."""

    @model_validator(mode="after")
    def _cpu_limit_needs_the_paid_plan(self) -> Self:
        # Cloudflare answers 100328 (API v4, 2026-11-23).
        if self.cloudflare.plan == "free" and self.edge.cpu_ms is not None:
            remedy = "Remove it, or set shoreline:cloudflare.plan to paid"
            raise refusal("Cloudflare's free plan refuses a CPU limit", remedy, where="edge.cpuMs")
        return self

    @model_validator(mode="after")
    def _a_server_in_front_is_there(self) -> Self:
        if self.front == "server" and not self.servers:
            remedy = "Declare one in shoreline:servers, or set it to edge"
            raise refusal("there is no server", remedy, where="front")
        return self

    @model_validator(mode="after")
    def _servers_differ(self) -> Self:
        for field in ("name", "origin_host"):
            values = [getattr(server, field) for server in self.servers]
            for index, value in enumerate(values):
                if value in values[:index]:
                    where = f"servers[{index}].{to_camel(field)}"
                    raise refusal(f"{value!r} is that of another server", "Give each its own", where=where)
        return self

    @classmethod
    def parse(cls, values: Mapping[str, str], secret: Collection[str]) -> Self:
        """`values` are the settings by full key, objects as JSON text; `secret` names the encrypted ones.

        Raises SettingsError with every mistake.
        """
        objects = {
            field: _decoded(values[key])
            for field in cls.model_fields
            if (key := f"{PROJECT}:{field}") in values
        }
        found = [
            *mistakes.in_secrets(_secrets(objects), values, secret),
            *mistakes.in_names(
                {*SECRETS, MAIL_PASSWORD, _BASE_URL, *(f"{PROJECT}:{field}" for field in cls.model_fields)},
                values,
            ),
            *(
                m
                for field, value in objects.items()
                for m in mistakes.in_placeholders(f"{PROJECT}:{field}", value)
            ),
            *_base_url_mistakes(values.get(_BASE_URL)),
        ]
        try:
            settings = cls.model_validate(objects)
        except ValidationError as error:
            already = {mistake.where for mistake in found}
            in_model = (mistakes.in_model(PROJECT, details) for details in error.errors(include_url=False))
            raise SettingsError([*found, *(m for m in in_model if m.where not in already)]) from None
        if found:
            raise SettingsError(found)
        return settings

    @classmethod
    def load(cls) -> Self:
        """The running stack's settings. Raises SettingsError."""
        values = pulumi.runtime.get_config_env()
        secret = [key for key in values if pulumi.runtime.is_config_secret(key)]
        return cls.parse(values, secret)


_BASE_URL = "cloudflare:baseUrl"
"""Read by the Cloudflare plugin; checked here with the rest."""


def _secrets(objects: Mapping[str, Any]) -> tuple[str, ...]:
    mail = objects.get("mail")
    return (*SECRETS, MAIL_PASSWORD) if isinstance(mail, dict) and mail.get("username") else SECRETS


def _decoded(text: str) -> Any:
    try:
        return json.loads(text)
    except json.JSONDecodeError:
        return text


def _base_url_mistakes(value: str | None) -> list[Mistake]:
    try:
        TypeAdapter(Endpoint | None).validate_python(value)
    except ValidationError as error:
        details = error.errors()[0].get("ctx", {})
        return [Mistake(_BASE_URL, details["what"], details["remedy"])]
    return []
