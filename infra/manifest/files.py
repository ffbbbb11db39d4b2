"""The generated files: what the tiers and the page read of the routes."""

import json
from collections.abc import Mapping
from pathlib import Path

from infra.manifest.compile import Compiled
from infra.manifest.openapi import document
from infra.manifest.typescript import declarations
from infra.paths import SERVICES
from infra.routes.catalog import ROUTES
from infra.routes.route import Route


def rendered(
    compiled: Compiled, routes: Mapping[str, Route] = ROUTES, services: Path = SERVICES
) -> Mapping[Path, str]:
    """Every generated file with its content."""
    return {
        services / "contract" / "manifest.json": _json(compiled.manifest.model_dump(by_alias=True)),
        services / "edge" / "placement.json": _json(compiled.placement.model_dump(by_alias=True)),
        services / "contract" / "manifest.d.ts": declarations(compiled, routes),
        services / "contract" / "openapi.json": _json(document(compiled, routes)),
    }


def write(files: Mapping[Path, str]) -> list[Path]:
    """Writes those that are different, and returns them."""
    changed = [path for path, text in files.items() if not path.is_file() or path.read_text("utf-8") != text]
    for path in changed:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(files[path], "utf-8")
    return changed


def _json(value: object) -> str:
    return json.dumps(value, indent=1, ensure_ascii=False) + "\n"
