"""Files for EnvironmentFile=, readable by their owner only (format: systemd.exec(5), 252)."""

import os
import re
from collections.abc import Mapping
from pathlib import Path

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_PLAIN = re.compile(r"[A-Za-z0-9_@%+=:,./?&~-]*")
_ESCAPED = str.maketrans({character: f"\\{character}" for character in '"\\$`'})


def render(variables: Mapping[str, str]) -> str:
    r"""Lines `NAME=value`, sorted; a value that needs it stands in double quotes. Raises ValueError."""
    return "".join(f"{_name(name)}={_value(name, value)}\n" for name, value in sorted(variables.items()))


def parse(text: str) -> dict[str, str]:
    """The variables of what `render` wrote."""
    pairs = (line.partition("=") for line in text.split("\n") if line)
    return {name: _unescaped(value) for name, _, value in pairs}


def _unescaped(value: str) -> str:
    return re.sub(r"\\(.)", r"\1", value[1:-1]) if value.startswith('"') else value


def _name(name: str) -> str:
    if not _NAME.fullmatch(name):
        raise ValueError(f"{name!r} can't name a variable")
    return name


def _value(name: str, value: str) -> str:
    if "\n" in value or "\0" in value:
        raise ValueError(f"the value of {name} holds a line end or a null character")
    return value if _PLAIN.fullmatch(value) else f'"{value.translate(_ESCAPED)}"'


def write(path: Path, text: str) -> None:
    """Replaces the file at once; nobody but its owner can ever read it."""
    incoming = path.with_name(f".{path.name}.incoming")
    incoming.unlink(missing_ok=True)
    private = os.open(incoming, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(private, "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    incoming.replace(path)


def read(path: Path) -> str | None:
    return path.read_text(encoding="utf-8") if path.exists() else None
