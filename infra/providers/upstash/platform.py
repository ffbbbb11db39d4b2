"""Upstash's Developer API: calls and the shapes of the answers (its OpenAPI document, 2026-11-23)."""

import base64
from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, TypeAdapter

from infra.providers.api import Access, Api, configured
from infra.settings import UpstashSettings
from infra.vendors.upstash_limits import REGIONS, PlanName, plan_of_size

_PUBLIC_SUFFIX = ".upstash.io"


class Summary(BaseModel):
    """A database as the list has it; credentials need a call of their own."""

    database_id: str
    database_name: str
    primary_region: str = ""


class Database(Summary):
    endpoint: str
    port: int
    tls: bool
    eviction: bool
    password: str
    rest_token: str
    read_only_rest_token: str
    db_disk_threshold: int = 0
    """Bytes: the size of its plan, whose name no answer has."""

    @property
    def host(self) -> str:
        """The API tells a whole host name or its first label only."""
        return self.endpoint if "." in self.endpoint else f"{self.endpoint}{_PUBLIC_SUFFIX}"

    def plan(self, expected: PlanName) -> PlanName:
        """The plan of its size; `expected` where the size doesn't say otherwise."""
        return plan_of_size(self.db_disk_threshold, expected)


_SUMMARIES = TypeAdapter(list[Summary])


class Platform(Api):
    """The API of one account."""

    def __init__(self, settings: UpstashSettings, api_key: str) -> None:
        authorization = base64.b64encode(f"{settings.email}:{api_key}".encode()).decode()
        access = Access(
            settings.api,
            f"Basic {authorization}",
            "shoreline:upstash.api",
            "shoreline:upstashApiKey",
            "email with the key",
        )
        super().__init__(access, settings.api)

    @classmethod
    def configured(cls, config: Mapping[str, Any]) -> "Platform":
        """From the stack's configuration by full key, as the engine hands it to a provider."""
        return cls(*configured(config, "shoreline:upstash", "shoreline:upstashApiKey", UpstashSettings))

    def find(self, name: str) -> Summary | None:
        """The database of this name."""
        every = _SUMMARIES.validate_python(self.get("/redis/databases") or [])
        return next((each for each in every if each.database_name == name), None)

    def database(self, id_: str) -> Database | None:
        answer = self.get(f"/redis/database/{id_}")
        return None if answer is None else Database.model_validate(answer)

    def create(self, name: str, plan: PlanName, region: str, *, eviction: bool) -> Database:
        body = {
            "database_name": name,
            "platform": REGIONS[region],
            "primary_region": region,
            "read_regions": [],
            "plan": plan,
            "eviction": eviction,
            "tls": True,
        }
        return Database.model_validate(self.post("/redis/database", body))

    def change_plan(self, id_: str, plan: PlanName) -> None:
        self.post(f"/redis/change-plan/{id_}", {"plan_name": plan})

    def change_eviction(self, id_: str, *, eviction: bool) -> None:
        self.post(f"/redis/{'enable' if eviction else 'disable'}-eviction/{id_}")
