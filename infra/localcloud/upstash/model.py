"""What Upstash's control plane is told and remembers: its wire input, its databases.

Shapes and names: Upstash's Developer API and its OpenAPI document, 2026-11-23.
"""

import base64
import secrets
import time
import uuid
from dataclasses import asdict, dataclass, replace
from typing import Annotated, Any, Literal, Self

from pydantic import Field, StringConstraints

from infra.localcloud.plane import Wire
from infra.vendors import upstash_limits as limits
from infra.vendors.upstash_limits import PLANS, PlanName

HOST_SUFFIX = "upstash.localhost"

Name = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]([a-z0-9-]{0,38}[a-z0-9])?$")]
"""Narrower than Upstash's own, as it begins the endpoint's host name."""
Budget = Annotated[int, Field(ge=0)]


class DatabaseInput(Wire):
    database_name: Name
    platform: Literal["aws", "gcp"]
    primary_region: str
    read_regions: list[str] = Field(default_factory=list)
    plan: PlanName = "payg"
    budget: Budget | None = None
    eviction: bool = False
    tls: bool = True


class PlanInput(Wire):
    plan_name: PlanName
    auto_upgrade: bool | None = None
    prod_pack_enabled: bool | None = None


class BudgetInput(Wire):
    budget: Budget


@dataclass(frozen=True)
class Credentials:
    """`password` opens TCP, the tokens REST."""

    password: str
    rest_token: str
    read_only_rest_token: str

    @classmethod
    def new(cls) -> Self:
        return cls(secrets.token_hex(16), _token(), _token())


def _token() -> str:
    return base64.b64encode(secrets.token_bytes(42)).decode()


@dataclass(frozen=True)
class Database:
    """`port` is where its Valkey listens, for as long as the database lives."""

    id: str
    name: str
    port: int
    endpoint: str
    created: int
    region: str
    plan: PlanName
    eviction: bool
    tls: bool
    credentials: Credentials
    budget: int | None = None
    auto_upgrade: bool = False
    prod_pack_enabled: bool = False

    @classmethod
    def new(cls, wanted: DatabaseInput, port: int) -> Self:
        return cls(
            id=str(uuid.uuid4()),
            name=wanted.database_name,
            port=port,
            endpoint=f"{wanted.database_name}-{secrets.token_hex(3)}.{HOST_SUFFIX}",
            created=int(time.time()),
            region=wanted.primary_region,
            plan=wanted.plan,
            eviction=wanted.eviction,
            tls=wanted.tls,
            credentials=Credentials.new(),
            budget=wanted.budget,
        )

    @property
    def label(self) -> str:
        """The first label of the endpoint's host name."""
        return self.endpoint.partition(".")[0]

    def planned(self, wanted: PlanInput) -> Self:
        given = wanted.model_dump(exclude_none=True, exclude={"plan_name"})
        return replace(self, plan=wanted.plan_name, **given)

    def wire(self, *, credentials: bool = True) -> dict[str, Any]:
        plan = PLANS[self.plan]
        shown = {
            "database_id": self.id,
            "database_name": self.name,
            "region": "global",
            "port": self.port,
            "creation_time": self.created,
            "state": "active",
            "endpoint": self.endpoint,
            "tls": self.tls,
            "type": self.plan if self.plan in ("free", "payg") else "paid",
            "budget": self.budget or 0,
            "primary_region": self.region,
            "primary_members": [self.region],
            "all_members": [self.region],
            "read_regions": [],
            "eviction": self.eviction,
            "db_eviction": self.eviction,
            "auto_upgrade": self.auto_upgrade,
            "prod_pack_enabled": self.prod_pack_enabled,
            "consistent": False,
            "modifying_state": "",
            "db_max_clients": limits.MAX_CLIENTS,
            "db_max_request_size": limits.MAX_REQUEST_BYTES,
            "db_max_entry_size": limits.MAX_RECORD_BYTES,
            "db_max_commands_per_second": limits.MAX_COMMANDS_PER_SECOND,
            "db_disk_threshold": plan.data_bytes,
        }
        return shown | asdict(self.credentials) if credentials else shown

    def document(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def of(cls, document: dict[str, Any]) -> Self:
        return cls(**{**document, "credentials": Credentials(**document["credentials"])})
