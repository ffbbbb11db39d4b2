"""Files a resource names: found from the plugin's working directory, as the official plugin finds them."""

import hashlib
from pathlib import Path

from infra.errors import UserError


def located(where: str, name: str) -> Path:
    """The path of `name`, which the property `where` names. UserError if nothing is there."""
    path = Path(name).expanduser()
    if not path.exists():
        what = f"{name} does not exist (looked in {Path.cwd()})"
        raise UserError(where, what, "Build it first, or correct the path.")
    return path


def content(where: str, name: str) -> bytes:
    """The bytes of a file that a property names."""
    path = located(where, name)
    try:
        return path.read_bytes()
    except OSError as error:
        what = f"{name} can't be read ({error.strerror})"
        raise UserError(where, what, "Correct the path or its rights.") from None


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
