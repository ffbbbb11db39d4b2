"""Nobody gets from one tenant to another, by any route of the application, on either tier.

And with a predicate that keeps them apart left out of any route, the same attempt is told.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, get_args

import pytest

from infra.manifest.compile import Compiled
from infra.manifest.model import Manifest, ManifestRoute, MemberAccess, PublicAccess, RunSql
from services.common.base64url import encode
from services.common.files.disk import Disk
from services.common.identity import Identity
from services.common.roles import RANK
from tests.conformance import unguarded
from tests.conformance.tenants import (
    ADA,
    EVE,
    MEMBER,
    OURS,
    THEIRS,
    Attempt,
    Outcome,
    Tenants,
    attempt,
    crossing,
    plain_use,
)
from tests.conformance.tiers import Tier, Tiers, compiled, plain
from tests.support.services import FrontDoor, service
from tests.support.sessions import token

MANIFEST = compiled().manifest
SCHEMAS = MANIFEST.schemas
ASKED = [route for route in MANIFEST.routes if route.run.kind not in ("asset", "websocket")]
MEMBERS = [route for route in ASKED if isinstance(route.access, MemberAccess)]
SIGNED_IN = [route for route in ASKED if not isinstance(route.access, PublicAccess)]
GUARDED = [
    (route, predicate)
    for predicate in unguarded.PREDICATES
    for route in ASKED
    if unguarded.guards(route, predicate)
]

HARMLESS = {
    ("list_open_notes", "workspace"): "the workspace has to be open beside it",
    ("search_open_notes", "workspace"): "the workspace has to be open beside it",
    ("search_notes", "workspace"): "the index is asked for the words of one tenant",
    ("join_workspace", "workspace"): "the workspace has to be open beside it",
    ("create_open_note", "workspace"): "one id for a note in every workspace is refused by the primary key",
    ("create_note", "workspace"): "it reads the row that it has just made, by an id that nobody else has",
    ("cancel_import", "workspace"): "it is found only for who began it",
    ("resume_import", "workspace"): "it is found only for who began it",
    ("cancel_import", "caller"): "it is found only in its workspace",
    ("resume_import", "caller"): "it is found only in its workspace",
    ("list_imports", "caller"): "they are those of one workspace",
    ("list_imports", "workspace"): "they are those of one person",
    ("read_upload", "workspace"): "an upload is told only to who sends it",
    ("append_upload", "workspace"): "an upload is told only to who sends it",
    ("delete_upload", "workspace"): "an upload is told only to who sends it",
    ("create_invitation", "workspace"): "it names nothing but the workspace, which access checks",
    ("create_invitation", "caller"): "who invites needs to be a member of the workspace beside it",
    ("change_member", "caller"): "the members are those of one workspace",
    ("remove_member", "caller"): "the members are those of one workspace",
    ("accept_invitation", "caller"): "a secret that nobody can guess names the workspace",
    ("create_workspace", "caller"): "the memberships of the answer's token are read after the write",
}
"""Predicates that keep nothing apart where they stand, and why they may stay."""

READ_AGAIN = {"create_invitation", "change_member", "remove_member"}
"""Routes whose own SQL looks at the role, too: what a token says may be minutes old."""

TIERS = get_args(Tier)
UNSIGNED = b'{"alg":"none","typ":"JWT"}'


def name_of(route: ManifestRoute) -> str:
    return route.name


def headers_of(route: ManifestRoute | Attempt, session: str | None) -> list[tuple[str, str]]:
    own = route.headers if isinstance(route, Attempt) else {}
    headers = [*{"x-request-id": "conformance", "content-type": "application/json", **own}.items()]
    return headers if session is None else [*headers, ("cookie", f"session={session}")]


def through(tiers: Tiers, tier: Tier, session: str | None) -> Callable[[Attempt], Outcome]:
    """Asks a Worker with this access token."""

    def ask(tried: Attempt) -> Outcome:
        answer = tiers.ask(tier, tried.method, tried.target, headers_of(tried, session), tried.body)
        return Outcome.of(answer.status, answer.body.decode())

    return ask


def signed(tiers: Tiers, who: Identity, **claims: Any) -> str:
    more = {"more": True} if who.more else {}
    return token(tiers.keys.session, who.user, who.name, who.ws, **more, **claims)


@pytest.fixture
def tenants(tiers: Tiers) -> Tenants:
    return Tenants(tiers.database, Disk(Path(tiers.variables["FILES_FOLDER"]), 0))


@pytest.mark.parametrize("tier", TIERS)
@pytest.mark.parametrize("route", ASKED, ids=name_of)
def test_no_route_leads_to_another_tenant(
    tiers: Tiers, tenants: Tenants, tier: Tier, route: ManifestRoute
) -> None:
    session = None if isinstance(route.access, PublicAccess) else signed(tiers, MEMBER)
    assert crossing(tenants, through(tiers, tier, session), attempt(route, SCHEMAS)) is None


def strangers() -> dict[str, Identity]:
    """Who is signed in, but no member of ours."""
    return {
        "nobody's member": Identity(user=ADA, name="Ada"),
        "the other tenant's member": Identity(user=EVE, name="Eve", ws={THEIRS: "owner"}),
        "who has too many workspaces to name": Identity(user=EVE, name="Eve", more=True),
    }


@pytest.mark.parametrize("tier", TIERS)
@pytest.mark.parametrize("who", strangers())
@pytest.mark.parametrize("route", MEMBERS, ids=name_of)
def test_who_is_no_member_is_refused(
    tiers: Tiers, tenants: Tenants, tier: Tier, who: str, route: ManifestRoute
) -> None:
    tenants.reset(theirs=True)
    outcome = through(tiers, tier, signed(tiers, strangers()[who]))(plain_use(route, SCHEMAS))
    assert outcome.status == 403
    assert "You are not a member of this workspace." in outcome.body


@pytest.mark.parametrize("tier", TIERS)
@pytest.mark.parametrize("route", MEMBERS, ids=name_of)
def test_a_role_opens_what_it_is_for_and_no_more(
    tiers: Tiers, tenants: Tenants, tier: Tier, route: ManifestRoute
) -> None:
    assert isinstance(route.access, MemberAccess)
    for role, rank in RANK.items():
        tenants.reset(theirs=False)
        who = Identity.model_validate({"user": ADA, "name": "Ada", "ws": {OURS: role}})
        status = through(tiers, tier, signed(tiers, who))(plain_use(route, SCHEMAS)).status
        assert (status < 400) == (rank >= RANK[route.access.role]), f"{role}: {status}"
        assert status < 400 or status == 403


def forged(tiers: Tiers) -> dict[str, str | None]:
    """What is no session of ours, though it claims to be."""
    genuine = signed(tiers, Identity(user=ADA, name="Ada"))
    header, _, code = genuine.split(".")
    claims = signed(tiers, MEMBER).split(".")[1]
    return {
        "none": None,
        "another key": token(b"k" * 32, ADA, "Ada", {OURS: "owner"}),
        "no algorithm": f"{encode(UNSIGNED)}.{claims}.",
        "a role put in": f"{header}.{claims}.{code}",
        "no signature": f"{header}.{claims}.{encode(b'')}",
        "expired": signed(tiers, MEMBER, exp=1),
    }


@pytest.mark.parametrize("tier", TIERS)
@pytest.mark.parametrize("route", SIGNED_IN, ids=name_of)
def test_who_is_not_signed_in_is_refused(tiers: Tiers, tier: Tier, route: ManifestRoute) -> None:
    for kind, session in forged(tiers).items():
        outcome = through(tiers, tier, session)(plain_use(route, SCHEMAS))
        assert outcome.status == 401, kind


@contextmanager
def api_of(
    tiers: Tiers, manifest: Manifest, folder: Path, predicate: str | None = None
) -> Iterator[Callable[[Attempt, Identity], Outcome]]:
    """The real api with other routes, asked as the edge does."""
    file = folder / "manifest.json"
    file.write_text(plain(manifest).model_dump_json(by_alias=True), "utf-8")
    variables = {**tiers.variables, "MANIFEST_FILE": str(file)}
    module = None
    if predicate is not None:
        variables[unguarded.VARIABLE], module = predicate, unguarded.__name__
    with service("api", folder, variables, module) as running:
        door = FrontDoor(running, tiers.keys.edge)

        def ask(tried: Attempt, who: Identity) -> Outcome:
            headers = dict(headers_of(tried, None))
            answer = door.ask(tried.method, tried.target, who, content=tried.body, headers=headers)
            return Outcome.of(answer.status_code, answer.text)

        yield ask


@pytest.fixture(scope="module", params=list(unguarded.PREDICATES))
def without_predicate(
    request: pytest.FixtureRequest, tiers: Tiers, made: Compiled, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[str, Callable[[Attempt, Identity], Outcome]]]:
    """An api whose SQL lacks one kind of predicate."""
    predicate: str = request.param
    folder = tmp_path_factory.mktemp("unguarded")
    with api_of(tiers, unguarded.unguarded(made.manifest, predicate), folder, predicate) as ask:
        yield predicate, ask


def test_without_its_predicate_a_route_is_crossed(
    without_predicate: tuple[str, Callable[[Attempt, Identity], Outcome]], tenants: Tenants
) -> None:
    """So the test above would fail for each of these routes."""
    predicate, ask = without_predicate
    unnoticed = []
    for route in [route for route, guarded in GUARDED if guarded == predicate]:
        found = crossing(tenants, lambda tried: ask(tried, MEMBER), attempt(route, SCHEMAS))
        if (found is None) != ((route.name, predicate) in HARMLESS):
            unnoticed.append(route.name)
    assert unnoticed == []


def test_without_its_access_a_members_route_is_open(
    tiers: Tiers, tenants: Tenants, made: Compiled, tmp_path: Path
) -> None:
    stranger = Identity(user=EVE, name="Eve", ws={THEIRS: "owner"})
    with api_of(tiers, unguarded.for_anybody(made.manifest), tmp_path) as ask:
        closed = set()
        for route in MEMBERS:
            tenants.reset(theirs=True)
            if ask(plain_use(route, SCHEMAS), stranger).status == 403:
                closed.add(route.name)
    assert closed == READ_AGAIN


def test_every_members_route_has_a_predicate() -> None:
    """Or code, whose own SQL has it."""
    guarded = {route.name for route, predicate in GUARDED if predicate == "workspace"}
    sql = {route.name for route in MEMBERS if isinstance(route.run, RunSql)}
    assert sql <= guarded
