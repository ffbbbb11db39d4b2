"""Background jobs: their owners see and cancel them, operators play dead ones again."""

from typing import Annotated

from pydantic import Field

from infra.routes.fields import Id, Json, Milliseconds
from infra.routes.limits import READS, WRITES
from infra.routes.route import Handler, Input, One, Route, Row, Session


class DeadPage(Input):
    """A page of the jobs that failed in every try, the latest first."""

    before: Annotated[int, Field(description="milliseconds since the epoch", ge=0)] | None = None


class Job(Row):
    id: Id
    kind: str
    state: str
    progress: Json
    error: str | None
    created: Milliseconds
    finished: Milliseconds | None


class DeadJob(Row):
    id: Id
    kind: str
    owner: Id | None
    tries: int
    error: str | None
    created: Milliseconds
    finished: Milliseconds


class DeadJobs(Row):
    jobs: list[DeadJob]
    next: Milliseconds | None


class QueuedJob(Row):
    id: Id
    state: str


list_dead_jobs = Route(
    "GET /api/jobs/dead",
    tier="server",
    access=Session(),
    rate_limits=(READS,),
    handler=Handler("list_dead_jobs", on="server"),
    params=DeadPage,
    returns=One(DeadJobs),
    problems=(403,),
)

read_job = Route(
    "GET /api/jobs/{job}",
    tier="server",
    access=Session(),
    rate_limits=(READS,),
    handler=Handler("read_job", on="server"),
    returns=One(Job),
)

cancel_job = Route(
    "POST /api/jobs/{job}/cancel",
    tier="server",
    access=Session(),
    rate_limits=(WRITES,),
    handler=Handler("cancel_job", on="server"),
    returns=One(Job),
    problems=(409,),
)

replay_job = Route(
    "POST /api/jobs/{job}/replay",
    tier="server",
    access=Session(),
    rate_limits=(WRITES,),
    handler=Handler("replay_job", on="server"),
    returns=One(QueuedJob, status=202),
    problems=(403,),
)
