"""The application's manifest and placement, changed for a test."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from infra.paths import SERVICES

Change = Callable[[dict[str, Any]], None]


def altered(folder: Path, change: Change) -> tuple[Path, Path]:
    """The files of manifest and placement; `change` gets the routes by name, each with its `placed`."""
    manifest = json.loads((SERVICES / "contract" / "manifest.json").read_text("utf-8"))
    placement = json.loads((SERVICES / "edge" / "placement.json").read_text("utf-8"))
    routes = {route["name"]: route for route in manifest["routes"]}
    for name, route in routes.items():
        route["placed"] = placement["routes"][name]
    change(routes)
    placement["routes"] = {name: route.pop("placed") for name, route in routes.items()}
    manifest["routes"] = list(routes.values())
    return _written(folder / "manifest.json", manifest), _written(folder / "placement.json", placement)


def without_limits_and_caches(routes: dict[str, Any]) -> None:
    for route in routes.values():
        route["rateLimits"], route["cache"] = [], None


def _written(path: Path, document: object) -> Path:
    path.write_text(json.dumps(document), "utf-8")
    return path
