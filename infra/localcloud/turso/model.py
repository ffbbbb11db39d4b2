"""What Turso's control plane is told and remembers: its wire input, its grammars, its groups and databases.

Shapes, messages and grammars: Turso Platform API reference and its OpenAPI document, 2026-11-23.
"""

import re
from dataclasses import asdict, dataclass, replace
from typing import Annotated, Any, Literal, Self

from pydantic import StringConstraints

from infra.localcloud.plane import Wire

HOST_SUFFIX = "turso.localhost"
LOCATIONS = frozenset(
    f"aws-{region}"
    for region in ("ap-northeast-1", "ap-south-1", "eu-west-1", "us-east-1", "us-east-2", "us-west-2")
)
"""Where Turso runs groups (GET /v1/locations, Turso docs, 2026-11-23)."""

Authorization = Literal["full-access", "read-only"]
Name = Annotated[str, StringConstraints(pattern=r"^[a-z0-9-]{1,64}$")]


class GroupInput(Wire):
    name: Name
    location: str


class DatabaseInput(Wire):
    name: Name
    group: str
    size_limit: str | None = None
    seed: dict[str, Any] | None = None


class ConfigurationInput(Wire):
    size_limit: str | None = None
    block_reads: bool | None = None
    block_writes: bool | None = None
    delete_protection: bool | None = None


@dataclass(frozen=True)
class Configuration:
    """`size_limit` is kept as it was written, `0` is none."""

    size_limit: str = "0"
    block_reads: bool = False
    block_writes: bool = False
    delete_protection: bool = False

    def patched(self, patch: ConfigurationInput) -> Self:
        return replace(self, **patch.model_dump(exclude_none=True))


@dataclass(frozen=True)
class Group:
    name: str
    uuid: str
    location: str

    def wire(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "uuid": self.uuid,
            "locations": [self.location],
            "primary": self.location,
            "archived": False,
            "delete_protection": False,
        }


@dataclass(frozen=True)
class Database:
    """`private_key` signs its tokens: PKCS#8 PEM, Ed25519; it never leaves the store's file."""

    name: str
    id: str
    organization: str
    group: str
    location: str
    private_key: str
    configuration: Configuration = Configuration()

    @property
    def namespace(self) -> str:
        return f"{self.name}-{self.organization}"

    @property
    def hostname(self) -> str:
        return f"{self.namespace}.{HOST_SUFFIX}"

    def created(self) -> dict[str, Any]:
        return {"DbId": self.id, "Hostname": self.hostname, "Name": self.name}

    def wire(self) -> dict[str, Any]:
        return {
            **self.created(),
            "group": self.group,
            "regions": [self.location],
            "primaryRegion": self.location,
            "type": "logical",
            "archived": False,
            "block_reads": self.configuration.block_reads,
            "block_writes": self.configuration.block_writes,
            "delete_protection": self.configuration.delete_protection,
        }

    def document(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def of(cls, document: dict[str, Any]) -> Self:
        return cls(**{**document, "configuration": Configuration(**document["configuration"])})


UNIT_BYTES = {"": 1, "b": 1, "kb": 1000, "mb": 1000**2, "gb": 1000**3, "tb": 1000**4}
SIZE = re.compile(r"(\d{1,15})\s*([a-z]{0,2})", re.IGNORECASE)


def size_bytes(size_limit: str) -> int | None:
    """Bytes of `10000`, `256mb` or `1GB`; None for anything else."""
    match = SIZE.fullmatch(size_limit.strip())
    unit = UNIT_BYTES.get(match[2].lower()) if match else None
    return int(match[1]) * unit if match and unit else None


EXPIRATION = re.compile(r"(?:(\d{1,6})w)?(?:(\d{1,6})d)?(?:(\d{1,6})h)?(?:(\d{1,6})m)?(?:(\d{1,6})s)?")
UNIT_SECONDS = (7 * 86_400, 86_400, 3_600, 60, 1)


def expiration_seconds(expiration: str) -> int | None:
    """Seconds of `2w`, `1d12h`; None for `never`. Raises ValueError for anything else, also for zero."""
    if expiration == "never":
        return None
    match = EXPIRATION.fullmatch(expiration)
    counts = [int(count or 0) for count in match.groups()] if match else []
    if not any(counts):
        raise ValueError("Invalid expiration format")
    return sum(count * unit for count, unit in zip(counts, UNIT_SECONDS, strict=True))
