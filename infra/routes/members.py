"""Who belongs to a workspace: invited by a link, given another role, removed."""

from typing import Annotated

from pydantic import Field

from infra.routes.fields import Id, Milliseconds, Name, RoleName, Slug
from infra.routes.limits import READS, WRITES
from infra.routes.route import Handler, Input, Many, Member, Nothing, One, Route, Row, Session
from infra.routes.workspaces import OwnRole

_INVITATIONS = "/api/workspaces/{workspace}/invitations"
_MEMBER = "/api/workspaces/{workspace}/members/{user}"

Role = Annotated[RoleName, Field(description="viewer, editor, admin or owner")]
Days = Annotated[int, Field(description="a whole number from 1 to 30", ge=1, le=30)]
Secret = Annotated[str, Field(description="text of 43 characters", min_length=43, max_length=43)]


class NewInvitation(Input):
    """What somebody is invited to be, and for how many days the link is good."""

    role: Role
    days: Days = 7


class Acceptance(Input):
    """The secret of an invitation's link."""

    secret: Secret


class NewRole(Input):
    """What a member is to be."""

    role: Role


class Invitation(Row, many="invitations"):
    id: Id
    role: RoleName
    inviter: Name
    created: Milliseconds
    expires: Milliseconds


class InvitationLink(Row):
    """`secret` is told this once: no more than its hash is kept."""

    id: Id
    workspace: Slug
    role: RoleName
    created: Milliseconds
    expires: Milliseconds
    secret: str


class MemberRole(Row):
    user: Id
    role: RoleName


create_invitation = Route(
    f"POST {_INVITATIONS}",
    tier="server",
    access=Member("workspace", role="admin"),
    rate_limits=(WRITES,),
    handler=Handler("create_invitation", on="server"),
    body=NewInvitation,
    returns=One(InvitationLink, status=201),
)

list_invitations = Route(
    f"GET {_INVITATIONS}",
    tier="server",
    access=Member("workspace", role="admin"),
    rate_limits=(READS,),
    sql="""select invitations.id, role, coalesce(users.name, '') as inviter, invitations.created, expires
      from invitations left join users on users.id = inviter
      where workspace = :workspace and expires > :now order by invitations.id desc limit 100""",
    returns=Many(Invitation),
)

revoke_invitation = Route(
    f"DELETE {_INVITATIONS}/{{invitation}}",
    tier="server",
    access=Member("workspace", role="admin"),
    rate_limits=(WRITES,),
    sql="delete from invitations where workspace = :workspace and id = :invitation",
    returns=Nothing(missing="There is no such invitation."),
)

accept_invitation = Route(
    "POST /api/invitations/accept",
    tier="server",
    access=Session(),
    rate_limits=(WRITES,),
    handler=Handler("accept_invitation", on="server"),
    body=Acceptance,
    returns=One(OwnRole),
    problems=(404,),
)

change_member = Route(
    f"PUT {_MEMBER}",
    tier="server",
    access=Member("workspace", role="admin"),
    rate_limits=(WRITES,),
    handler=Handler("change_member", on="server"),
    body=NewRole,
    returns=One(MemberRole),
    problems=(409,),
)

remove_member = Route(
    f"DELETE {_MEMBER}",
    tier="server",
    access=Member("workspace", role="admin"),
    rate_limits=(WRITES,),
    handler=Handler("remove_member", on="server"),
    returns=Nothing(),
    problems=(409,),
)
