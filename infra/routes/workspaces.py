"""Workspaces: the tenants, who belongs to them, and what is told of each as a whole."""

from typing import Annotated

from pydantic import Field

from infra.routes.fields import Id, Milliseconds, Name, RoleName, Slug, Tag
from infra.routes.limits import READS, WRITES
from infra.routes.route import Cache, Handler, Input, Many, Member, One, Route, Row, Session


class NewWorkspace(Input):
    """A workspace, whose owner is the caller."""

    id: Slug
    name: Name
    open: Annotated[bool, Field(description="true or false")] = False


class Workspace(Row, many="workspaces"):
    id: Slug
    name: Name
    open: bool
    role: RoleName | None
    created: Milliseconds


class MembersPage(Input):
    """A page of the members of a workspace."""

    after: Annotated[str, Field(description="an id, as `next` gives it", max_length=64)] | None = None
    limit: Annotated[int, Field(description="a whole number from 1 to 100", ge=1, le=100)] = 50


class MembershipRow(Row, many="members"):
    user: Id
    name: str  # empty of who has no account any more
    role: RoleName
    created: Milliseconds


class TagCount(Row, many="tags"):
    tag: Tag
    notes: int


class OwnRole(Row):
    """What the caller is in the workspace now: null for no member."""

    workspace: Slug
    role: RoleName | None


class Week(Row):
    """`start`: milliseconds. `running`: notes up to and with this week. `average`: of four weeks."""

    start: Milliseconds
    notes: int
    running: int
    average: float


class BusiestWeek(Row):
    start: Milliseconds
    notes: int


class Statistics(Row):
    """`bytes` of all notes and the `largest`, the busiest week, and the latest ones."""

    counted: Milliseconds
    workspace: Slug
    notes: int
    bytes: int
    largest: int
    busiest: BusiestWeek | None
    weeks: list[Week]


class WorkspacesPage(Input):
    """A page of the workspaces that the caller can see."""

    after: Annotated[str, Field(description="an id, as `next` gives it", max_length=64)] | None = None
    limit: Annotated[int, Field(description="a whole number from 1 to 100", ge=1, le=100)] = 100


list_workspaces = Route(
    "GET /api/workspaces",
    tier="edge",
    access=Session(),
    rate_limits=(READS,),
    sql="""select id, name, open, role, workspaces.created from workspaces
      left join memberships on workspace = id and user = :caller
      where id in (
        select * from (select id from workspaces where open = 1 and id > coalesce(:after, '')
          order by id limit :limit)
        union
        select * from (select workspace from memberships where user = :caller
          and workspace > coalesce(:after, '') order by workspace limit :limit))
      order by id limit :limit""",
    params=WorkspacesPage,
    returns=Many(Workspace),
)

create_workspace = Route(
    "POST /api/workspaces",
    tier="server",
    access=Session(),
    rate_limits=(WRITES,),
    handler=Handler("create_workspace", on="server"),
    body=NewWorkspace,
    returns=One(Workspace, status=201, location="/api/workspaces/{id}"),
    problems=(409,),
)

join_workspace = Route(
    "POST /api/workspaces/{workspace}/join",
    tier="server",
    access=Session(),
    rate_limits=(WRITES,),
    handler=Handler("join_workspace", on="server"),
    returns=One(OwnRole),
)

leave_workspace = Route(
    "POST /api/workspaces/{workspace}/leave",
    tier="server",
    access=Session(),
    rate_limits=(WRITES,),
    handler=Handler("leave_workspace", on="server"),
    returns=One(OwnRole),
    problems=(403, 409),
)

list_members = Route(
    "GET /api/workspaces/{workspace}/members",
    tier="edge",
    access=Member("workspace"),
    rate_limits=(READS,),
    sql="""select user, coalesce(users.name, '') as name, role, memberships.created
      from memberships left join users on users.id = user
      where workspace = :workspace and user > coalesce(:after, '') order by user limit :limit""",
    params=MembersPage,
    returns=Many(MembershipRow, cursor="user"),
)

# Every note of the workspace is read: too much for the edge.
list_tags = Route(
    "GET /api/workspaces/{workspace}/tags",
    tier="server",
    access=Member("workspace"),
    rate_limits=(READS,),
    cache=Cache(seconds=30, stale=300, tags=("notes",)),
    sql="""select value as tag, count(*) as notes from notes, json_each(tags)
      where workspace = :workspace group by value order by count(*) desc, value limit 100""",
    returns=Many(TagCount),
)

read_statistics = Route(
    "GET /api/workspaces/{workspace}/statistics",
    tier="server",
    access=Member("workspace"),
    rate_limits=(READS,),
    cache=Cache(seconds=30, stale=300, tags=("notes",)),
    handler=Handler("read_statistics", on="server"),
    returns=One(Statistics),
)
