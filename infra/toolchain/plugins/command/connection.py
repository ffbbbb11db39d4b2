"""Where to connect and as whom: the `connection` property as a value."""

from dataclasses import dataclass, field
from typing import Any, Final, Self

from infra.toolchain.plugins.answers import Failure
from infra.toolchain.plugins.command import IDENTITY
from infra.toolchain.plugins.values import UNKNOWN, Values

_KNOWN: Final = (
    "dialErrorLimit", "host", "hostKey", "password", "perDialTimeout", "port", "privateKey",
    "privateKeyPassword", "user",
)  # fmt: skip
_OFFICIAL_ONLY: Final = ("agentSocketPath", "proxy")
_UNLIMITED: Final = -1


@dataclass(frozen=True)
class Connection:
    """`per_dial_timeout` in seconds, 0 without an end; of failed dials `dial_error_limit` are forgiven."""

    host: str
    port: int = 22
    user: str = "root"
    private_key: str | None = field(default=None, repr=False)
    private_key_password: str | None = field(default=None, repr=False)
    password: str | None = field(default=None, repr=False)
    host_key: str | None = None
    dial_error_limit: int = 10
    per_dial_timeout: int = 15

    @classmethod
    def parse(cls, values: Values) -> Self:
        """A connection that has no problems, with the official plugin's defaults."""
        return cls(
            host=values["host"],
            port=values.get("port") or 22,
            user=values.get("user") or "root",
            private_key=values.get("privateKey"),
            private_key_password=values.get("privateKeyPassword"),
            password=values.get("password"),
            host_key=values.get("hostKey"),
            dial_error_limit=values.get("dialErrorLimit", 10),
            per_dial_timeout=values.get("perDialTimeout", 15),
        )

    def forgives(self, failed: int) -> bool:
        """Whether to dial again after so many failed dials."""
        return self.dial_error_limit == _UNLIMITED or failed <= self.dial_error_limit

    def __str__(self) -> str:
        return f"{self.user}@{self.host}:{self.port}"


def connection_problems(values: Any) -> list[Failure]:
    """What is wrong with the property."""
    if values is UNKNOWN or values is None:
        return []  # unknown before an apply; missing is found with the other properties
    if not isinstance(values, dict):
        return [Failure("connection", "must be an object")]
    problems = [
        Failure(f"connection.{name}", f"{name} is not served by {IDENTITY}. {IDENTITY.remedy}")
        for name in _OFFICIAL_ONLY
        if values.get(name) is not None
    ]
    strange = sorted({*values} - {*_KNOWN, *_OFFICIAL_ONLY, "__defaults"})
    problems += [Failure(f"connection.{name}", f"{name} is not a property of connection") for name in strange]
    if not values.get("host"):
        problems.append(Failure("connection.host", "host is required"))
    return problems


def not_secret(values: Any) -> frozenset[str]:
    """What of a connection, which is a secret as a whole, may be shown in messages and outputs."""
    if not isinstance(values, dict):
        return frozenset()
    return frozenset(str(values[name]) for name in ("host", "user", "hostKey") if name in values)
