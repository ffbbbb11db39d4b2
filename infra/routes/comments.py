"""What the members of a workspace say about its notes."""

from infra.routes.fields import Id, Milliseconds, Name, Page, Remark, Slug
from infra.routes.limits import READS, WRITES
from infra.routes.notes import MISSING
from infra.routes.route import Cache, Input, Many, Member, One, Route, Row


class NewComment(Input):
    """A comment on a note."""

    body: Remark


class Comment(Row, many="comments"):
    id: Id
    workspace: Slug
    note: Id
    author: Id
    name: Name
    body: Remark
    created: Milliseconds


list_comments = Route(
    "GET /api/workspaces/{workspace}/notes/{note}/comments",
    tier="edge",
    access=Member("workspace"),
    rate_limits=(READS,),
    cache=Cache(seconds=5, stale=60, tags=("comments",)),
    sql="""select comments.id, workspace, note, author, coalesce(users.name, '') as name, body,
        comments.created from comments left join users on users.id = author
      where workspace = :workspace and note = :note and comments.id < coalesce(:before, '~')
      order by comments.id desc limit :limit""",
    params=Page,
    returns=Many(Comment),
)

create_comment = Route(
    "POST /api/workspaces/{workspace}/notes/{note}/comments",
    tier="edge",
    access=Member("workspace", role="editor"),
    rate_limits=(WRITES,),
    idempotent=True,
    invalidates=("comments",),
    sql=(
        """insert into comments (id, workspace, note, author, body, created)
          select :new_id, workspace, id, :caller, :body, :now from notes
          where workspace = :workspace and id = :note""",
        """select comments.id, workspace, note, author, coalesce(users.name, '') as name, body,
            comments.created from comments left join users on users.id = author
          where workspace = :workspace and comments.id = :new_id""",
    ),
    body=NewComment,
    returns=One(Comment, status=201, missing=MISSING),
)
