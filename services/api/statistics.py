"""Statistics over the notes: more than a simple query, so not for the edge."""

from itertools import groupby
from typing import Annotated, Any

from pydantic import Field
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from services.api.input import Input, query_of
from services.api.tools import Tools
from services.common.hrana import Row
from services.common.ids import now_ms

WEEK_MS = 7 * 86_400_000
WEEKS = 8
"""As many are told of each workspace, the latest ones, beside its busiest."""

_SQL = """
with weekly as (
  select workspace, created / :week as week, count(*) as notes,
         sum(octet_length(body)) as bytes, max(octet_length(body)) as largest
  from notes {where} group by workspace, week
), measured as (
  select workspace, week, notes,
         sum(notes) over whole as total, sum(bytes) over whole as bytes, max(largest) over whole as largest,
         1.0 * sum(notes) over whole / sum(notes) over () as share,
         sum(notes) over (partition by workspace order by week) as running,
         sum(notes) over lately / 4.0 as average,
         row_number() over (partition by workspace order by week desc) as back,
         row_number() over (partition by workspace order by notes desc, week desc) as busy
  from weekly window whole as (partition by workspace),
    lately as (partition by workspace order by week range between 3 preceding and current row)
)
select * from measured where back <= :weeks or busy = 1 order by total desc, workspace, week
"""
ALL = _SQL.format(where="")
ONE = _SQL.format(where="where workspace = :workspace")


class Scope(Input):
    workspace: Annotated[
        str | None, Field(description="1 to 64 characters of a-z, 0-9 and -", pattern=r"^[a-z0-9-]{1,64}\Z")
    ] = None


async def read_statistics(request: Request, tools: Tools) -> Response:
    """Per workspace: how many notes, how large, when it was busiest, and its latest weeks."""
    workspace = query_of(request, Scope).workspace
    args = {"week": WEEK_MS, "weeks": WEEKS}
    query = (ALL, args) if workspace is None else (ONE, {**args, "workspace": workspace})
    rows = (await tools.database.execute(*query)).rows
    by_workspace = groupby(rows, key=lambda row: row["workspace"])
    return JSONResponse(
        {"counted": now_ms(), "workspaces": [_workspace(list(each)) for _, each in by_workspace]}
    )


def _workspace(rows: list[Row]) -> dict[str, Any]:
    first = rows[0]
    busiest = next(row for row in rows if row["busy"] == 1)
    return {
        "workspace": first["workspace"],
        "notes": first["total"],
        "bytes": first["bytes"],
        "largest": first["largest"],
        "share": first["share"],
        "busiest": {"start": _start(busiest), "notes": busiest["notes"]},
        "weeks": [_week(row) for row in rows if int(row["back"] or 0) <= WEEKS],
    }


def _week(row: Row) -> dict[str, Any]:
    """`running`: notes up to and with this week; `average`: of four weeks up to and with this one."""
    return {"start": _start(row), **{name: row[name] for name in ("notes", "running", "average")}}


def _start(row: Row) -> int:
    """Milliseconds since the epoch, at which the weeks are aligned: they begin on Thursdays, UTC."""
    return int(row["week"] or 0) * WEEK_MS
