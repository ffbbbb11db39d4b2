"""`make shadow`: what the shadows of routes found.

The Worker writes it down: services/edge/src/move/tally.ts.
"""

import argparse
from collections.abc import Mapping
from datetime import UTC, datetime

from pydantic import BaseModel, ValidationError
from rich.console import Console
from rich.table import Table

from infra.cli.redis import Redis

COUNTS = "shoreline:shadow:counts"
SAMPLES = "shoreline:shadow:samples:"
OUTCOMES = ("same", "different", "changed", "late", "failed", "skipped")


class Difference(BaseModel):
    path: str
    served: str
    other: str


class Sample(BaseModel):
    """One request whose answers differed; `served` is the tier that answered, `at` in milliseconds."""

    at: int
    request: str
    served: str
    differences: tuple[Difference, ...]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--route", help="only this one, with its samples")
    parser.add_argument("--clear", action="store_true", help="begin to count anew")


def run(arguments: argparse.Namespace) -> None:
    """Raises UserError."""
    redis = Redis.of_stack()
    counts = _counts(redis)
    if arguments.clear:
        redis.run(["DEL", COUNTS, *(f"{SAMPLES}{route}" for route in counts)])
        counts = {}
    _show_counts(counts)
    for route in [arguments.route] if arguments.route else sorted(counts):
        _show_samples(route, _samples(redis, route))


def _counts(redis: Redis) -> dict[str, dict[str, int]]:
    [flat] = redis.run(["HGETALL", COUNTS])
    found: dict[str, dict[str, int]] = {}
    for name, count in zip(flat[::2], flat[1::2], strict=True):
        route, _, outcome = name.partition(" ")
        found.setdefault(route, {})[outcome] = int(count)
    return found


def _samples(redis: Redis, route: str) -> list[Sample]:
    [texts] = redis.run(["LRANGE", f"{SAMPLES}{route}", 0, -1])
    return [sample for text in texts if (sample := _parsed(text)) is not None]


def _parsed(text: str) -> Sample | None:
    try:
        return Sample.model_validate_json(text)
    except ValidationError:
        return None


def _show_counts(counts: Mapping[str, Mapping[str, int]]) -> None:
    if not counts:
        print("No shadow has found anything yet.")
        return
    table = Table("Route", *OUTCOMES, box=None, header_style="bold")
    for route, found in sorted(counts.items()):
        table.add_row(route, *(str(found.get(outcome, 0)) for outcome in OUTCOMES))
    Console().print(table)


def _show_samples(route: str, samples: list[Sample]) -> None:
    if not samples:
        return
    table = Table("When (UTC)", "Request", "Served by", "Where", "It said", "The other said", box=None)
    for sample in samples[:10]:
        when = datetime.fromtimestamp(sample.at / 1000, UTC).isoformat(timespec="seconds")
        for number, each in enumerate(sample.differences):
            first = (when, sample.request, sample.served) if number == 0 else ("", "", "")
            table.add_row(*first, each.path, each.served, each.other)
    print(f"\n{route}: the latest differences")
    Console().print(table)
