"""The stack's resources as a table, by vendor."""

import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from rich.console import Console
from rich.table import Table

_VENDORS = {
    "command": "Server",
    "pulumi-python:dynamic/shoreline": "Shoreline",
    "cloudflare": "Cloudflare",
    "pulumi-python:dynamic/turso": "Turso",
    "pulumi-python:dynamic/upstash": "Upstash",
}
_MOST_TELLING = ("hostname", "endpoint", "pattern", "remotePath", "name", "scriptName", "database")


_FILE_WIDTH = 160
"""Columns where the output is no terminal."""


@dataclass(frozen=True)
class Row:
    vendor: str
    kind: str
    name: str
    """The resource's name in the program."""
    what: str
    """What it is called at the vendor."""


def rows(deployment: Mapping[str, Any]) -> Iterator[Row]:
    """The vendors' resources of what `pulumi stack export` prints, in the order of creation."""
    for resource in deployment["deployment"].get("resources") or []:
        kind = str(resource["type"])
        vendor = next((vendor for prefix, vendor in _VENDORS.items() if kind.startswith(prefix)), None)
        if vendor and resource.get("custom"):
            outputs = resource.get("outputs", {})
            what = next(
                (outputs[key] for key in _MOST_TELLING if isinstance(outputs.get(key), str)), resource["id"]
            )
            yield Row(vendor, kind.rsplit(":", 1)[-1], resource["urn"].rsplit("::", 1)[-1], str(what))


def show(deployment: Mapping[str, Any]) -> None:
    table = Table("Vendor", "Resource", "Name", "At the vendor", box=None, header_style="bold")
    for row in sorted(rows(deployment), key=lambda row: row.vendor):
        table.add_row(row.vendor, row.kind, row.name, row.what)
    Console(width=None if sys.stdout.isatty() else _FILE_WIDTH).print(table)
