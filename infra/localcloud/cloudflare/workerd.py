"""workerd's binary, and its configuration as Cap'n Proto text (workerd.capnp of 1.20261117.1)."""

import json
import platform
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path

from infra.errors import UserError
from infra.paths import NODE_MODULES

_PACKAGES = {
    ("linux", "x86_64"): "workerd-linux-64",
    ("linux", "aarch64"): "workerd-linux-arm64",
    ("darwin", "x86_64"): "workerd-darwin-64",
    ("darwin", "arm64"): "workerd-darwin-arm64",
}


def workerd_binary() -> Path:
    """The executable itself: the package's own `workerd` is a Node script around it. Raises UserError."""
    package = _PACKAGES.get(
        (sys.platform, platform.machine()), f"workerd-{sys.platform}-{platform.machine()}"
    )
    return _found(NODE_MODULES / "@cloudflare" / package / "bin" / "workerd")


def esbuild_binary() -> Path:
    """Raises UserError."""
    return _found(NODE_MODULES / ".bin" / "esbuild")


def _found(path: Path) -> Path:
    if not path.is_file():
        raise UserError(str(path), "is not there", "Install the Node packages: `make setup`")
    return path


def text(value: str) -> str:
    """A Text literal."""
    return json.dumps(value, ensure_ascii=False)


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
