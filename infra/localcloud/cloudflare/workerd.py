"""The Node packages' executables, and workerd's configuration as text (workerd.capnp of 1.20261117.1)."""

import json
import platform
import re
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path

from infra.errors import UserError
from infra.paths import NODE_MODULES

_PLATFORMS = {
    ("linux", "x86_64"): ("@cloudflare/workerd-linux-64", "@esbuild/linux-x64"),
    ("linux", "aarch64"): ("@cloudflare/workerd-linux-arm64", "@esbuild/linux-arm64"),
    ("darwin", "x86_64"): ("@cloudflare/workerd-darwin-64", "@esbuild/darwin-x64"),
    ("darwin", "arm64"): ("@cloudflare/workerd-darwin-arm64", "@esbuild/darwin-arm64"),
}
"""Packages of the executables themselves: `workerd` and `esbuild` in .bin are Node scripts around them."""


def workerd_binary() -> Path:
    """Raises UserError if the Node packages are not installed."""
    return _executable(0, "workerd")


def esbuild_binary() -> Path:
    """Raises UserError if the Node packages are not installed."""
    return _executable(1, "esbuild")


def _executable(which: int, name: str) -> Path:
    here = (sys.platform, platform.machine())
    if here not in _PLATFORMS:
        raise UserError(name, f"has no build for {' '.join(here)}", "Use Linux or macOS on x64 or arm64")
    path = NODE_MODULES / _PLATFORMS[here][which] / "bin" / name
    if not path.is_file():
        raise UserError(str(path), "is not there", "Run `make up`: it installs the Node packages")
    return path


def text(value: str) -> str:
    """A Text literal: as in JSON, but for the escapes of control characters."""
    return _ESCAPE.sub(_hexadecimal, json.dumps(value, ensure_ascii=False))


_ESCAPE = re.compile(r"\\(?:u00([0-9a-f]{2})|.)")


def _hexadecimal(escape: re.Match[str]) -> str:
    return escape[0] if escape[1] is None else f"\\x{escape[1]}"


def data(content: bytes) -> str:
    """A Data literal."""
    return f'0x"{content.hex()}"'


def embed(name: str) -> str:
    """The content of a file beside the configuration (an absolute path would be looked up as a library)."""
    return f"embed {text(name)}"


def listing(items: Iterable[str]) -> str:
    return f"[{', '.join(items)}]"


def struct(fields: Mapping[str, str]) -> str:
    return f"({', '.join(f'{name} = {value}' for name, value in fields.items())})"


def config(services: Mapping[str, Mapping[str, str]], sockets: Iterable[Mapping[str, str]]) -> str:
    """A whole configuration; `services` by name, each with its one kind."""
    body = struct(
        {
            "services": listing(struct({"name": text(name), **kind}) for name, kind in services.items()),
            "sockets": listing(struct(socket) for socket in sockets),
        }
    )
    return f'using Workerd = import "/workerd/workerd.capnp";\nconst config :Workerd.Config = {body};\n'
