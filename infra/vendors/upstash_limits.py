"""Upstash's plans, regions and limits as dated data, for the provider and for the local cloud's refusals.

Sources, read 2026-11-23: upstash.com/pricing/redis (sizes, prices), the Developer API's OpenAPI document
(names, regions; its examples give sizes in binary units).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

PlanName = Literal[
    "free",
    "payg",
    "fixed_250mb",
    "fixed_1gb",
    "fixed_5gb",
    "fixed_10gb",
    "fixed_50gb",
    "fixed_100gb",
    "fixed_500gb",
]

MIB = 1024 * 1024
GIB = 1024 * MIB


@dataclass(frozen=True)
class Plan:
    """`data_bytes` is the most that a database may hold; `usd` its price a month, without commands."""

    data_bytes: int
    usd: int


PLANS: Mapping[PlanName, Plan] = {
    "free": Plan(256 * MIB, 0),
    "payg": Plan(100 * GIB, 0),
    "fixed_250mb": Plan(250 * MIB, 10),
    "fixed_1gb": Plan(GIB, 20),
    "fixed_5gb": Plan(5 * GIB, 100),
    "fixed_10gb": Plan(10 * GIB, 200),
    "fixed_50gb": Plan(50 * GIB, 400),
    "fixed_100gb": Plan(100 * GIB, 800),
    "fixed_500gb": Plan(500 * GIB, 1500),
}

FREE_COMMANDS = 500_000
"""A month, on the free plan."""
USD_PER_COMMAND = 0.20 / 100_000
"""When paid as you go; every command of a pipeline is billed."""

MAX_REQUEST_BYTES = 10 * MIB
MAX_RECORD_BYTES = 100 * MIB
MAX_CLIENTS = 10_000
MAX_COMMANDS_PER_SECOND = 10_000

REGIONS: Mapping[str, Literal["aws", "gcp"]] = {
    "us-east-1": "aws",
    "us-east-2": "aws",
    "us-west-1": "aws",
    "us-west-2": "aws",
    "ca-central-1": "aws",
    "eu-central-1": "aws",
    "eu-west-1": "aws",
    "eu-west-2": "aws",
    "sa-east-1": "aws",
    "ap-south-1": "aws",
    "ap-northeast-1": "aws",
    "ap-southeast-1": "aws",
    "ap-southeast-2": "aws",
    "us-central-1": "gcp",
    "us-east4": "gcp",
}
"""Primary regions and the platform each is on."""


def plan_of_size(data_bytes: int, expected: PlanName) -> PlanName:
    """The plan whose databases hold this much; `expected` if it is one of them, or if none is.

    Upstash's API tells a database's size, not the name of its plan, and two plans have the same size.
    """
    fitting = [name for name, plan in PLANS.items() if plan.data_bytes == data_bytes]
    return expected if expected in fitting or not fitting else fitting[0]
