"""Every route of the api. services/edge/src/routes.ts says which requests come here."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response

from services.api.accounts import sign_in, sign_out, sign_up
from services.api.exports import create_export, read_export, read_export_file
from services.api.jobs import cancel_job, list_dead_jobs, read_job, replay_job
from services.api.statistics import read_statistics
from services.api.tools import Tools


@dataclass(frozen=True)
class Route:
    """`needs_session`: the edge has to vouch for somebody."""

    method: str
    path: str
    handler: Callable[[Request, Tools], Awaitable[Response]]
    needs_session: bool = False


routes = [
    Route("POST", "/api/sign-up", sign_up),
    Route("POST", "/api/sign-in", sign_in),
    Route("POST", "/api/sign-out", sign_out),
    Route("GET", "/api/statistics", read_statistics, needs_session=True),
    Route("POST", "/api/exports", create_export, needs_session=True),
    Route("GET", "/api/exports/{id}", read_export, needs_session=True),
    Route("GET", "/api/exports/{id}/file", read_export_file, needs_session=True),
    Route("GET", "/api/jobs/dead", list_dead_jobs, needs_session=True),
    Route("GET", "/api/jobs/{id}", read_job, needs_session=True),
    Route("POST", "/api/jobs/{id}/cancel", cancel_job, needs_session=True),
    Route("POST", "/api/jobs/{id}/replay", replay_job, needs_session=True),
]
