"""The digest of the open workspaces, as the jobs service left it in the database."""

from infra.routes.fields import Id, Milliseconds, Slug, Title
from infra.routes.limits import READS
from infra.routes.route import Budgets, Cache, Many, Public, Route, Row


class WorkspaceDigest(Row, many="workspaces"):
    workspace: Slug
    notes: int
    recent: int
    newest: Id
    title: Title
    counted: Milliseconds
    refreshed: Milliseconds


read_digest = Route(
    "GET /api/digest",
    tier="edge",
    access=Public(),
    rate_limits=(READS,),
    cache=Cache(seconds=5, stale=60),
    sql="""select workspace, notes, recent, newest, title, counted,
        (select max(refreshed) from digest) as refreshed
      from digest join workspaces on workspaces.id = workspace and open = 1
      order by notes desc, workspace limit 100""",
    returns=Many(WorkspaceDigest),
    # One row a workspace, all of them looked at for the largest.
    budgets=Budgets(rows_read=500),
)
