"""CPU and latency of the routes, where `make bench` measured them."""

from collections.abc import Mapping
from pathlib import Path

from pydantic import BaseModel, ConfigDict
from pydantic.alias_generators import to_camel

from infra.paths import ROOT

FILE = ROOT / "infra" / "routes" / "bench.json"


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", alias_generator=to_camel, validate_by_name=True)


class Figures(_Model):
    """Of one route: the process's CPU a request, and the 99th percentile of the time to answer."""

    cpu_ms: float
    p99_ms: float


class Bench(_Model):
    """One run. `date` is when it was."""

    date: str
    routes: Mapping[str, Figures]


def load(file: Path = FILE) -> Bench:
    return Bench.model_validate_json(file.read_bytes()) if file.is_file() else Bench(date="", routes={})
