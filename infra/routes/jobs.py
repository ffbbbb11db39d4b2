"""Background jobs: their owners see and cancel them, operators play dead ones again."""

from typing import Annotated

from pydantic import Field

from infra.routes.limits import READS, WRITES
from infra.routes.route import Handler, Input, Route, Session


class DeadPage(Input):
    """A page of the jobs that failed in every try, the latest first."""

    before: Annotated[int, Field(description="milliseconds since the epoch", ge=0)] | None = None


list_dead_jobs = Route(
    "GET /api/jobs/dead",
    tier="server",
    access=Session(),
    rate_limits=(READS,),
    handler=Handler("list_dead_jobs", on="server"),
    params=DeadPage,
)

read_job = Route(
    "GET /api/jobs/{job}",
    tier="server",
    access=Session(),
    rate_limits=(READS,),
    handler=Handler("read_job", on="server"),
)

cancel_job = Route(
    "POST /api/jobs/{job}/cancel",
    tier="server",
    access=Session(),
    rate_limits=(WRITES,),
    handler=Handler("cancel_job", on="server"),
)

replay_job = Route(
    "POST /api/jobs/{job}/replay",
    tier="server",
    access=Session(),
    rate_limits=(WRITES,),
    handler=Handler("replay_job", on="server"),
)
