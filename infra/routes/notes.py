"""Notes: of open workspaces for everybody, of the others for their members."""

from infra.routes.fields import Id, Milliseconds, Page, Slug, Tags, Text, Title
from infra.routes.limits import READS, WRITES
from infra.routes.route import Budgets, Cache, Input, Many, Member, Nothing, One, Public, Route, Row, Session

MISSING = "There is no such note."


class OpenPage(Page):
    """A page of the notes of an open workspace."""

    workspace: Slug = "harbour"


class NewNote(Input):
    """A note of a workspace."""

    title: Title
    body: Text
    tags: Tags = []  # noqa: RUF012 - pydantic copies it


class NewOpenNote(NewNote):
    """A note of an open workspace, or of one of the caller's."""

    workspace: Slug = "harbour"


class EditedNote(NewNote):
    """A note as it shall be, and when the one that it replaces was updated."""

    updated: Milliseconds


class NoteSummary(Row, many="notes"):
    id: Id
    workspace: Slug
    title: Title
    updated: Milliseconds


class Note(Row, many="notes"):
    id: Id
    workspace: Slug
    title: Title
    body: Text
    tags: Tags
    created: Milliseconds
    updated: Milliseconds


list_open_notes = Route(
    "GET /api/notes",
    tier="edge",
    access=Public(),
    rate_limits=(READS,),
    cache=Cache(seconds=5, stale=60, tags=("notes",)),
    sql="""select id, workspace, title, updated from notes
      where workspace = (select id from workspaces where id = :workspace and open = 1)
        and id < coalesce(:before, '~') order by id desc limit :limit""",
    params=OpenPage,
    returns=Many(NoteSummary),
)

read_open_note = Route(
    "GET /api/notes/{note}",
    tier="edge",
    access=Public(),
    rate_limits=(READS,),
    sql="""select notes.id, workspace, title, body, tags, notes.created, updated
      from notes join workspaces on workspaces.id = workspace and open = 1 where notes.id = :note""",
    returns=One(Note, missing=MISSING),
)

create_open_note = Route(
    "POST /api/notes",
    tier="edge",
    access=Session(),
    rate_limits=(WRITES,),
    idempotent=True,
    invalidates=("notes",),
    sql=(
        """insert into notes (id, workspace, title, body, tags, created, updated)
          select :new_id, id, :title, :body, :tags, :now, :now from workspaces where id = :workspace and (
            open = 1 or exists (select 1 from memberships where workspace = workspaces.id
              and user = :caller and role in ('editor', 'admin', 'owner')))""",
        "select id, workspace, title, body, tags, created, updated from notes where id = :new_id",
    ),
    body=NewOpenNote,
    returns=One(
        Note,
        status=201,
        location="/api/notes/{id}",
        missing="There is no such workspace, or you may not write in it.",
    ),
)

list_notes = Route(
    "GET /api/workspaces/{workspace}/notes",
    tier="edge",
    access=Member("workspace"),
    rate_limits=(READS,),
    cache=Cache(seconds=5, stale=60, tags=("notes",)),
    sql="""select id, workspace, title, updated from notes
      where workspace = :workspace and id < coalesce(:before, '~') order by id desc limit :limit""",
    params=Page,
    returns=Many(NoteSummary),
)

create_note = Route(
    "POST /api/workspaces/{workspace}/notes",
    tier="edge",
    access=Member("workspace", role="editor"),
    rate_limits=(WRITES,),
    idempotent=True,
    invalidates=("notes",),
    sql=(
        """insert into notes (id, workspace, title, body, tags, created, updated)
          values (:new_id, :workspace, :title, :body, :tags, :now, :now)""",
        """select id, workspace, title, body, tags, created, updated from notes
          where workspace = :workspace and id = :new_id""",
    ),
    body=NewNote,
    returns=One(Note, status=201, location="/api/workspaces/{workspace}/notes/{id}", missing=MISSING),
)

read_note = Route(
    "GET /api/workspaces/{workspace}/notes/{note}",
    tier="edge",
    access=Member("workspace"),
    rate_limits=(READS,),
    sql="""select id, workspace, title, body, tags, created, updated from notes
      where workspace = :workspace and id = :note""",
    returns=One(Note, missing=MISSING),
)

update_note = Route(
    "PUT /api/workspaces/{workspace}/notes/{note}",
    tier="edge",
    access=Member("workspace", role="editor"),
    rate_limits=(WRITES,),
    invalidates=("notes",),
    # Nobody's change is lost: where the note was updated since, `updated` would be null, which it may not be.
    sql="""update notes set title = :title, body = :body, tags = :tags,
        updated = iif(updated = :updated, max(:now, updated + 1), null)
      where workspace = :workspace and id = :note
      returning id, workspace, title, body, tags, created, updated""",
    body=EditedNote,
    returns=One(Note, missing=MISSING),
    conflict="This note was changed since you read it.",
)

delete_note = Route(
    "DELETE /api/workspaces/{workspace}/notes/{note}",
    tier="edge",
    access=Member("workspace", role="editor"),
    rate_limits=(WRITES,),
    invalidates=("notes", "comments"),
    sql=(
        "delete from comments where workspace = :workspace and note = :note",
        "delete from files where workspace = :workspace and note = :note",
        """delete from note_updates where note = (select id from notes
          where workspace = :workspace and id = :note)""",
        """delete from note_documents where note = (select id from notes
          where workspace = :workspace and id = :note)""",
        "delete from notes where workspace = :workspace and id = :note",
    ),
    returns=Nothing(missing=MISSING),
    # Each comment is read to be deleted.
    budgets=Budgets(rows_read=1_000),
)
