"""Where the local cloud listens, read from the stack's configuration file: the one place that says so."""

import ipaddress
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self
from urllib.parse import urlsplit

import yaml

from infra.errors import UserError
from infra.localcloud.accounts import SERVERS

MOST_PORTS = 65536
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
class ServerAddress:
    """A declared VPS: where its SSH listens, who logs in, its host name behind the tunnel, its proxy."""

    name: str
    ssh: Address
    user: str
    origin_host: str
    proxy: Address


@dataclass(frozen=True)
class Endpoints:
    """The addresses of all control planes and data planes, and the file that gave them.

    `plan` is Cloudflare's as the file has it, empty if it has none. Upstash's are None in a stack without it.
    """

    cloudflare_api: Address
    edge: Address
    turso_api: Address
    databases: Address
    config_file: Path
    plan: str = ""
    upstash_api: Address | None = None
    upstash_rest: Address | None = None
    servers: tuple[ServerAddress, ...] = ()

    @classmethod
    def load(cls, config_file: Path) -> Self:
        """Read the addresses from a Pulumi stack configuration file.

        Raises UserError for one mistake, UserErrors for several.
        """
        config = _config(config_file)
        found: dict[str, Address] = {}
        mistakes: list[UserError] = []
        for field, setting in _expected(config).items():
            try:
                found[field] = _address(_lookup(config, setting), f"{setting} in {config_file.name}")
            except UserError as mistake:
                mistakes.append(mistake)
        servers = _servers(config, config_file, mistakes)
        named = {_name(field): address for field, address in found.items()}
        mistakes += _shared_ports({**named, **_by_setting(servers)}, config_file)
        raise_all(mistakes)
        plan = str(_lookup(config, "shoreline:cloudflare.plan") or "")
        return cls(**found, servers=servers, config_file=config_file, plan=plan)

    def settings(self) -> Mapping[str, Address]:
        """Address by the setting it came from, such as `shoreline:edge.url`."""
        every = {_name(field): getattr(self, field) for field in (*SETTINGS, *UPSTASH)}
        present = {setting: address for setting, address in every.items() if address is not None}
        return {**present, **_by_setting(self.servers)}


SETTINGS: Mapping[str, str] = {
    "cloudflare_api": "cloudflare:baseUrl",
    "edge": "shoreline:edge.url",
    "turso_api": "shoreline:turso.api",
    "databases": "shoreline:turso.databases",
}
UPSTASH: Mapping[str, str] = {
    "upstash_api": "shoreline:upstash.api",
    "upstash_rest": "shoreline:upstash.rest",
}
"""Read where the file has `shoreline:upstash`."""
SERVERS_SETTING = "shoreline:servers"
ORIGIN_PORT = "originPort"
"""On the server's loopback: the same machine's for all local servers, so each needs its own."""
SERVER_NAME = re.compile(r"[a-z]([a-z0-9-]{0,61}[a-z0-9])?")


def raise_all(mistakes: list[UserError]) -> None:
    """Raise the only mistake as it is, several as one group, none not at all."""
    if len(mistakes) == 1:
        raise mistakes[0]
    if mistakes:
        raise UserErrors("mistakes in the configuration", mistakes)


def _expected(config: Mapping[str, Any]) -> Mapping[str, str]:
    return {**SETTINGS, **UPSTASH} if "shoreline:upstash" in config else SETTINGS


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
    """`found` has each address by its setting."""
    first: dict[Address, str] = {}
    mistakes = []
    for setting, address in found.items():
        if address in first:
            mistakes.append(
                UserError(
                    f"{setting} in {file.name}",
                    f"{address} is also {first[address]}",
                    "give each its own port",
                )
            )
        first.setdefault(address, setting)
    return mistakes


def _name(field: str) -> str:
    return {**SETTINGS, **UPSTASH}[field]


def _by_setting(servers: tuple[ServerAddress, ...]) -> dict[str, Address]:
    found: dict[str, Address] = {}
    for server in servers:
        setting = f"{SERVERS_SETTING}[{server.name}]"
        found |= {
            setting: server.ssh,
            f"{setting}.{ORIGIN_PORT}": server.proxy,
        }
    return found


def _servers(config: Mapping[str, Any], file: Path, mistakes: list[UserError]) -> tuple[ServerAddress, ...]:
    declared = config.get(SERVERS_SETTING) or []
    found: dict[str, ServerAddress] = {}
    for index, entry in enumerate(declared if isinstance(declared, list) else [declared]):
        where = f"{SERVERS_SETTING}[{index}] in {file.name}"
        try:
            server = _server(entry, where)
            if server.name in found:
                raise UserError(
                    where, f"{server.name} is declared twice", "give each server a name of its own"
                )
            found[server.name] = server
        except UserError as mistake:
            mistakes.append(mistake)
    return tuple(found.values())


def _server(entry: object, where: str) -> ServerAddress:
    """One entry of `shoreline:servers`, with the members of infra.settings.ServerSettings."""
    if not isinstance(entry, dict):
        raise UserError(where, "is no mapping", "write name, host, port, user, hostKey and originHost")
    name = str(entry.get("name"))
    if not SERVER_NAME.fullmatch(name):
        raise UserError(where, f"{name} is no server name", "use lower case letters, digits and dashes")
    for key in ("user", "originHost"):
        if not isinstance(entry.get(key), str):
            raise UserError(where, f"{key} is missing", f"set {key}")
    host = entry.get("host")
    ssh = _address(f"http://{host}:{entry.get('port', 22)}", where)
    if str(entry.get("hostKey")).split()[:2] != SERVERS.host_public_key.split():
        what = f"hostKey is not the key that the local {name} has"
        raise UserError(where, what, f"set it to {SERVERS.host_public_key}")
    proxy = Address("127.0.0.1", _port(entry.get(ORIGIN_PORT), where))
    return ServerAddress(name, ssh, entry["user"], entry["originHost"], proxy)


def _port(value: object, where: str) -> int:
    if isinstance(value, int) and 0 < value < MOST_PORTS:
        return value
    remedy = f"set {ORIGIN_PORT} to one that no other setting has"
    raise UserError(where, f"{ORIGIN_PORT} {value} is no port", remedy)
