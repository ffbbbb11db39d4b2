"""State files that a kill cut short (gocloud.dev/blob/fileblob, Pulumi's file backend).

The state itself is replaced by a rename; the attributes beside it (`*.attrs`, a content type, not needed) are
not, and one that is empty makes every command end with "EOF".
"""

import json
from pathlib import Path
from urllib.parse import unquote, urlsplit


def state_folder(backend: str) -> Path | None:
    """The `.pulumi` folder of a state backend's URL; None for one that is not in files."""
    parts = urlsplit(backend)
    return Path(unquote(parts.path)) / ".pulumi" if parts.scheme == "file" else None


def drop_broken_attributes(backend: str) -> int:
    """Drops attribute files that no longer parse and returns how many there were."""
    folder = state_folder(backend)
    broken = [path for path in folder.rglob("*.attrs") if not _parses(path)] if folder else []
    for path in broken:
        path.unlink(missing_ok=True)
    return len(broken)


def _parses(path: Path) -> bool:
    try:
        json.loads(path.read_bytes())
    except ValueError:
        return False
    return True
