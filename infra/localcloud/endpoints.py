"""Where the local cloud listens, read from the stack's configuration file: the one place that says so."""

import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self
from urllib.parse import urlsplit

import yaml

from infra.errors import UserError

BASE_URL_PATH = "/client/v4"
"""Path of Cloudflare's API below its address (Cloudflare API v4 docs, 2026-11-23)."""


class UserErrors(ExceptionGroup[UserError]):
    """Several mistakes of the user, reported at once."""


@dataclass(frozen=True)
class Address:
    """A TCP address on this machine's loopback; `host` is an IP address, never a name to be resolved."""

    host: str
    port: int

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    @property
    def url(self) -> str:
        return f"http://{self}"


@dataclass(frozen=True)
class Endpoints:
    """The addresses of both control planes and both data planes, and the file that gave them.

    `plan` is Cloudflare's as the file has it, empty if it has none.
    """

    cloudflare_api: Address
    edge: Address
    turso_api: Address
    databases: Address
    config_file: Path
    plan: str = ""

    @classmethod
    def load(cls, config_file: Path) -> Self:
        """Read the four addresses from a Pulumi stack configuration file.

        Raises UserError for one mistake, UserErrors for several.
        """
        config = _config(config_file)
        found: dict[str, Address] = {}
        mistakes: list[UserError] = []
        for field, setting in SETTINGS.items():
            try:
                found[field] = _address(_lookup(config, setting), f"{setting} in {config_file.name}")
            except UserError as mistake:
                mistakes.append(mistake)
        mistakes += _shared_ports(found, config_file)
        raise_all(mistakes)
        plan = str(_lookup(config, "shoreline:cloudflare.plan") or "")
        return cls(**found, config_file=config_file, plan=plan)

    def settings(self) -> Mapping[str, Address]:
        """Address by the setting it came from, such as `shoreline:edge.url`."""
        return {setting: getattr(self, field) for field, setting in SETTINGS.items()}


SETTINGS: Mapping[str, str] = {
    "cloudflare_api": "cloudflare:baseUrl",
    "edge": "shoreline:edge.url",
    "turso_api": "shoreline:turso.api",
    "databases": "shoreline:turso.databases",
}


def raise_all(mistakes: list[UserError]) -> None:
    """Raise the only mistake as it is, several as one group, none not at all."""
    if len(mistakes) == 1:
        raise mistakes[0]
    if mistakes:
        raise UserErrors("mistakes in the configuration", mistakes)


def _config(file: Path) -> Mapping[str, Any]:
    try:
        document = yaml.safe_load(file.read_text("utf-8"))
    except FileNotFoundError:
        raise UserError(str(file), "does not exist", "name a stack's configuration with --config") from None
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        reason = " ".join(str(error).split())
        raise UserError(str(file), f"cannot be read: {reason}", "mend the file") from None
    config = document.get("config") if isinstance(document, dict) else None
    if not isinstance(config, dict):
        raise UserError(str(file), "has no `config:` section", "name a stack's configuration with --config")
    return config


def _lookup(config: Mapping[str, Any], setting: str) -> object:
    key, _, member = setting.partition(".")
    value = config.get(key)
    if member:
        return value.get(member) if isinstance(value, dict) else None
    return value


def _address(value: object, where: str) -> Address:
    if value is None:
        raise UserError(where, "is missing", "set it to a URL on this machine, such as http://127.0.0.1:8701")
    try:
        url = urlsplit(str(value))
        port = url.port
    except ValueError as error:
        raise UserError(where, f"{value} is no URL: {error}", "write it as http://127.0.0.1:PORT") from None
    if url.scheme != "http" or not port:
        raise UserError(where, f"{value} is not an http URL with a port", "write it as http://127.0.0.1:PORT")
    host = _loopback(url.hostname or "")
    if host is None:
        raise UserError(
            where,
            f"{url.hostname} is not this machine's loopback, and the local cloud listens nowhere else",
            "use 127.0.0.1, [::1] or localhost, or a stack without a local cloud",
        )
    return Address(host, port)


def _loopback(name: str) -> str | None:
    if name == "localhost" or name.endswith(".localhost"):
        return "127.0.0.1"
    try:
        return name if ipaddress.ip_address(name).is_loopback else None
    except ValueError:
        return None


def _shared_ports(found: Mapping[str, Address], file: Path) -> list[UserError]:
    first: dict[Address, str] = {}
    mistakes = []
    for field, address in found.items():
        if address in first:
            mistakes.append(
                UserError(
                    f"{SETTINGS[field]} in {file.name}",
                    f"{address} is also {first[address]}",
                    "give each its own port",
                )
            )
        first.setdefault(address, SETTINGS[field])
    return mistakes
