"""Routes that use everything the manifest has: every type, every kind of answer, every refusal."""

from typing import Annotated, Literal

from pydantic import Field

from infra.routes.fields import Blob, Id, Int64, Json, Slug
from infra.routes.route import Budgets, Input, Many, Member, Nothing, One, Public, Route, Row, Session

Key = Annotated[str, Field(description="text of 1 to 40 characters", min_length=1, max_length=40)]
Small = Annotated[int, Field(description="a whole number")]
Ratio = Annotated[float, Field(description="a number")]
Flag = Annotated[bool, Field(description="true or false")]
Words = Annotated[list[Annotated[str, Field(max_length=5)]], Field(description="words", max_length=3)]
Colour = Annotated[Literal["red", "green"], Field(description="red or green")]
Code = Annotated[str, Field(description="two letters", pattern="^[a-z]{2}$")]
Amount = Annotated[int, Field(description="a whole number from 1 to 3", ge=1, le=3)]


class KeyPath(Input):
    """One thing."""

    key: Key


class WorkspaceKeyPath(Input):
    """One thing of a workspace."""

    workspace: Slug
    key: Key


class Thing(Row, many="things"):
    id: str
    small: int | None
    big: Int64 | None
    ratio: float | None
    flag: bool | None
    bytes: Blob | None
    doc: Json
    words: Json
    label: str | None


class Echo(Row):
    small: int | None
    big: Int64 | None
    ratio: float | None
    flag: bool | None
    bytes: Blob | None
    words: Json
    text: str | None
    colour: str | None
    code: str | None


class Everything(Input):
    """A value of every type."""

    small: Small | None = None
    big: Int64 | None = None
    ratio: Ratio | None = None
    flag: Flag | None = None
    bytes: Blob | None = None
    words: Words = []  # noqa: RUF012 - pydantic copies it
    text: Key | None = None
    colour: Colour | None = None
    code: Code = "aa"


class Question(Input):
    """A value of every type that a query may hold."""

    small: Small | None = None
    big: Int64 | None = None
    ratio: Ratio | None = None
    flag: Flag | None = None
    text: Key
    colour: Colour | None = None
    code: Code = "aa"


class Asked(Row):
    small: int | None
    big: Int64 | None
    ratio: float | None
    flag: bool | None
    text: str | None
    colour: str | None
    code: str | None


class ThingsPage(Input):
    """A page of things."""

    after: Key | None = None
    limit: Amount = 2


class Label(Input):
    """What is on one thing only."""

    label: Key


class NewThing(Label):
    """A thing with a label of its own."""

    small: Small | None = None


class Made(Row):
    id: Id
    label: str | None
    caller: str | None
    name: str | None
    now: int


class Deep(Row, many="rows"):
    ratio: float


COLUMNS = "id, small, big, ratio, flag, bytes, doc, words, label"

read_thing = Route(
    "GET /api/conformance/things/{key}",
    tier="edge",
    access=Public(),
    path=KeyPath,
    sql=f"select {COLUMNS} from things where id = :key",  # noqa: S608 - constants only
    returns=One(Thing, missing="There is no such thing."),
)
list_things = Route(
    "GET /api/conformance/workspaces/{workspace}/things",
    tier="edge",
    access=Member("workspace"),
    sql=f"""select {COLUMNS} from things where workspace = :workspace and id > coalesce(:after, '')
      order by id limit :limit""",  # noqa: S608 - constants only
    params=ThingsPage,
    returns=Many(Thing),
)
list_all_things = Route(
    "GET /api/conformance/all",
    tier="edge",
    access=Public(),
    # In another order than the model's: the answer keeps the model's.
    sql="""select label, words, doc, bytes, flag, ratio, big, small, id from things where workspace = 'all'
      order by id""",
    returns=Many(Thing),
    budgets=Budgets(rows_read=100),
)
literal_before_parameter = Route(
    "GET /api/conformance/things/literal",
    tier="edge",
    access=Public(),
    sql="select 'literal' as id, 1 as small, 2 as big, 3.0 as ratio, 1 as flag, x'' as bytes, '{}' as doc, "
    "'[]' as words, null as label",
    returns=One(Thing),
)
echo = Route(
    "POST /api/conformance/echo",
    tier="edge",
    access=Session(),
    sql=(
        # POST has to change something.
        "delete from things where id = 'nobody has this one'",
        """select :small as small, :big as big, :ratio as ratio, :flag as flag, :bytes as bytes,
          :words as words, :text as text, :colour as colour, :code as code""",
    ),
    body=Everything,
    returns=One(Echo),
    budgets=Budgets(body=2_000),
)
ask = Route(
    "GET /api/conformance/ask",
    tier="edge",
    access=Public(),
    sql="""select :small as small, :big as big, :ratio as ratio, :flag as flag, :text as text,
      :colour as colour, :code as code""",
    params=Question,
    returns=One(Asked),
)
make_thing = Route(
    "POST /api/conformance/workspaces/{workspace}/things",
    tier="edge",
    access=Member("workspace", role="editor"),
    idempotent=True,
    sql=(
        """insert into things (id, workspace, label, small, doc) values (:new_id, :workspace, :label, :small,
          json_object('now', :now))""",
        """select id, label, :caller as caller, :caller_name as name, doc ->> 'now' as now from things
          where id = :new_id and workspace = :workspace""",
    ),
    body=NewThing,
    returns=One(Made, status=201, location="/api/conformance/things/{id}"),
    conflict="There is a thing with this label already.",
)
change_thing = Route(
    "PUT /api/conformance/workspaces/{workspace}/things/{key}",
    tier="edge",
    access=Member("workspace", role="admin"),
    path=WorkspaceKeyPath,
    sql=f"""update things set label = :label, small = :small where workspace = :workspace and id = :key
      returning {COLUMNS}""",  # noqa: S608 - constants only
    body=NewThing,
    returns=One(Thing, missing="There is no such thing."),
    conflict="There is a thing with this label already.",
)
delete_thing = Route(
    "DELETE /api/conformance/workspaces/{workspace}/things/{key}",
    tier="edge",
    access=Member("workspace", role="owner"),
    path=WorkspaceKeyPath,
    sql="delete from things where workspace = :workspace and id = :key",
    returns=Nothing(missing="There is no such thing."),
)
write_twice = Route(
    "POST /api/conformance/workspaces/{workspace}/pairs",
    tier="edge",
    access=Member("workspace"),
    sql=(
        "insert into things (id, workspace, label) values (:new_id, :workspace, 'first')",
        "insert into things (id, workspace, label) values (:new_id || '-2', :workspace, :label)",
    ),
    body=Label,
    returns=Nothing(),
    conflict="There is a thing with this label already.",
)
# Our own mistakes: a column that does not hold what it should, a constraint without words for it.
wrong_integer = Route(
    "GET /api/conformance/defects/integer",
    tier="edge",
    access=Public(),
    sql="select 9007199254740992 as ratio",
    returns=Many(type("BeyondSafe", (Row,), {"__annotations__": {"ratio": int}})),
)
wrong_real = Route(
    "GET /api/conformance/defects/real",
    tier="edge",
    access=Public(),
    sql="select 9e999 as ratio",
    returns=Many(Deep),
)
wrong_null = Route(
    "GET /api/conformance/defects/null",
    tier="edge",
    access=Public(),
    sql="select null as ratio",
    returns=Many(Deep),
)
wrong_constraint = Route(
    "POST /api/conformance/workspaces/{workspace}/defects",
    tier="edge",
    access=Member("workspace"),
    sql="insert into things (id, workspace) values (null, :workspace), (null, null)",
    returns=Nothing(),
)
