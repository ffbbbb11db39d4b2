"""A tunnel's ingress rules: read, refused as cloudflared refuses them, and as the router is given them.

The rules and their messages are those of cloudflared (its ingress package, read 2026-11-23); Cloudflare's
API answers them as code 1056.
"""

import re
import warnings
from typing import Any
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field

from infra.localcloud.cloudflare.errors import ApiError, NotEmulated

_LOOPBACK = ("localhost", "127.0.0.1")
_OTHER_SERVICES = ("hello_world", "hello-world", "helloworld", "bastion", "socks-proxy")
_NOT_IN_RE2 = re.compile(r"\(\?(?:<?[=!]|>|#)|(?<!\\)(?:\\[1-9]|[*+?}]\+)")
"""Look-around, atomic groups, back-references, possessive repetition: Go's regular expressions have none."""
_NOT_IN_JAVASCRIPT = re.compile(r"\(\?(?![:=!<>#])|\(\?<(?![=!])|\\[AzZQECpP]|\\x\{|\[\[:|\[\^?\]")
"""Flags, named groups, anchors and classes that the router's engine writes in another way than Go."""


class Rule(BaseModel):
    """One ingress rule; an empty `hostname` or `path` matches everything."""

    model_config = ConfigDict(extra="allow")

    service: str
    hostname: str | None = None
    path: str | None = None
    originRequest: dict[str, Any] | None = None  # noqa: N815 the API's name


class Config(BaseModel):
    """A tunnel's configuration as the API takes it."""

    model_config = ConfigDict(extra="allow", populate_by_name=True)

    ingress: list[Rule] = []
    originRequest: dict[str, Any] | None = None  # noqa: N815 the API's name
    warp_routing: dict[str, Any] | None = Field(None, alias="warp-routing")


Compiled = dict[str, Any]
"""A rule as router/table.ts has it: hostname and path or null, then `port` or `status`."""


def compile_ingress(config: Config) -> list[Compiled]:
    """Raises 1056 for what cloudflared refuses, 501 for what it takes and the local cloud lacks."""
    _check_options(config)
    if not config.ingress:
        raise _refused("The config file doesn't contain any ingress rules")
    compiled = []
    for number, rule in enumerate(config.ingress, start=1):
        target = _target(rule.service)
        _check_host(rule, number, last=number == len(config.ingress))
        _check_path(rule.path, number)
        host = rule.hostname if rule.hostname != "*" else None
        compiled.append({"hostname": (host or "").lower() or None, "path": rule.path or None, **target})
    return compiled


def _check_options(config: Config) -> None:
    if (config.warp_routing or {}).get("enabled"):
        raise NotEmulated("warp-routing of a tunnel")
    for options in (config.originRequest, *(rule.originRequest for rule in config.ingress)):
        for name, value in (options or {}).items():
            if value is not None:
                raise NotEmulated(f"originRequest.{name} of a tunnel")


def _target(service: str) -> dict[str, int]:
    """`{"port": n}` of this machine or `{"status": n}`."""
    kind, _, rest = service.partition(":")
    if kind == "http_status":
        if not re.fullmatch(r"\d+", rest):
            raise _refused(f'invalid HTTP status: strconv.Atoi: parsing "{rest}": invalid syntax')
        if not 200 <= int(rest) <= 599:
            raise NotEmulated(f"the tunnel service {service} (a status outside 200 to 599)")
        return {"status": int(rest)}
    if service in _OTHER_SERVICES or kind in ("unix", "unix+tls"):
        raise NotEmulated(f"the tunnel service {service}")
    try:
        url = urlsplit(service)
        port = url.port
    except ValueError:
        raise _refused(f'parse "{service}": invalid port after host') from None
    if not url.scheme or not url.hostname:
        raise _refused(f"{service} is an invalid address, please make sure it has a scheme and a hostname")
    if url.path:
        raise _refused(
            f"{service} is an invalid address, ingress rules don't support proxying to a different path "
            "on the origin service. The path will be the same as the eyeball request's path"
        )
    if url.scheme != "http" or url.hostname not in _LOOPBACK:
        raise NotEmulated(
            f"the tunnel service {service} (only http://localhost:PORT and http_status:CODE are)"
        )
    return {"port": port or 80}


def _check_host(rule: Rule, number: int, *, last: bool) -> None:
    host = rule.hostname or ""
    if ":" in host:
        raise _refused("Hostname cannot contain a port")
    if host.rfind("*") > 0 or (host.startswith("*") and host != "*" and not host.startswith("*.")):
        raise _refused(
            'Hostname patterns can have at most one wildcard character ("*") and it can only be used for '
            'subdomains, e.g. "*.example.com"'
        )
    catches_all = host in ("", "*") and not rule.path
    if last and not catches_all:
        raise _refused(
            "The last ingress rule must match all URLs (i.e. it should not have a hostname or path filter)"
        )
    if catches_all and not last:
        raise _refused(
            f"Rule #{number} is matching the hostname '{host}', but this will match every hostname, meaning "
            "the rules which follow it will never be triggered."
        )


def _check_path(path: str | None, number: int) -> None:
    if not path:
        return
    if _NOT_IN_JAVASCRIPT.search(path):
        raise NotEmulated(f"the path {path} of ingress rule {number} (flags, named groups, Go's own classes)")
    if (reason := _regex_mistake(path)) is not None:
        raise _refused(f"Rule #{number} has an invalid regex: error parsing regexp: {reason}")


def _regex_mistake(path: str) -> str | None:
    if _NOT_IN_RE2.search(path):
        return "invalid or unsupported Perl syntax"
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", FutureWarning)
            re.compile(path)
    except re.error as error:
        return str(error)
    return None


def _refused(message: str) -> ApiError:
    return ApiError(400, 1056, f"Bad Configuration: Validation failed: {message}\n")
