"""The OpenAPI document says what each tier really answers: no 5xx, and nothing that it leaves out."""

import json
from pathlib import Path
from typing import Any, get_args

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis import Case, GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from infra.paths import SERVICES
from services.common.files.disk import Disk
from tests.conformance.tenants import (
    BOB,
    MEMBER,
    OUR_CANCELLED,
    OUR_FILE,
    OUR_IMPORT,
    OUR_INVITATION,
    OUR_NOTE,
    OUR_UPLOAD,
    OURS,
    Tenants,
)
from tests.conformance.tiers import Tier, Tiers
from tests.support.sessions import token

DOCUMENT: dict[str, Any] = json.loads((SERVICES / "contract" / "openapi.json").read_text("utf-8"))

ELSEWHERE = {
    "realtime": "a WebSocket",
    "note": "a WebSocket",
    "stream_notifications": "a stream that doesn't end",
}
"""Operations that are not one request and one answer; tests/unit/realtime and tests/unit/api have them."""

EXAMPLES, MANY_EXAMPLES = 8, 300
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
OF_OURS = {
    "workspace": [OURS],
    "server": ["vps-1"],
    "note": [OUR_NOTE],
    "file": [OUR_FILE, OUR_UPLOAD],
    "user": [BOB, MEMBER.user],
    "invitation": [OUR_INVITATION],
    "import": [OUR_IMPORT, OUR_CANCELLED],
}
"""What a parameter of a path can name; an id that is made up names nothing."""


def closed(value: Any) -> Any:
    """Answers may have what is declared, and no more: clients are told less, so that fields can be added."""
    if isinstance(value, list):
        return [closed(each) for each in value]
    if not isinstance(value, dict):
        return value
    made = {key: closed(each) for key, each in value.items()}
    open_object = "properties" in made and made.get("type") == "object" and "additionalProperties" not in made
    return {**made, "additionalProperties": False} if open_object else made


schemathesis.serializer.alias("application/offset+octet-stream", "application/octet-stream")
SCHEMA = schemathesis.openapi.from_dict(closed(DOCUMENT))
OPERATIONS = [
    (operation["operationId"], path, method)
    for path, methods in DOCUMENT["paths"].items()
    for method, operation in methods.items()
    if operation["operationId"] not in ELSEWHERE
]


on_both_tiers = pytest.mark.parametrize("tier", get_args(Tier))
of_every_operation = pytest.mark.parametrize(
    ("name", "path", "method"), OPERATIONS, ids=[name for name, _, _ in OPERATIONS]
)


@pytest.fixture
def asked(tiers: Tiers) -> dict[str, str]:
    """The headers of Ada, whose workspace is there with all that can be in it."""
    Tenants(tiers.database, Disk(Path(tiers.variables["FILES_FOLDER"]), 0)).reset(theirs=True)
    session = token(tiers.keys.session, MEMBER.user, MEMBER.name, MEMBER.ws)
    return {"cookie": f"session={session}"}


def hold(tiers: Tiers, tier: Tier, path: str, method: str, headers: dict[str, str], examples: int) -> None:
    """Valid requests and broken ones, about what is there and about what is not."""
    operation = SCHEMA[path][method]
    strategies = [
        operation.as_strategy(generation_mode=mode)
        for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE)
        if mode is GenerationMode.POSITIVE or operation.body or list(operation.iter_parameters())
    ]
    url = tiers.edge.url if tier == "edge" else tiers.server.url

    @settings(
        max_examples=examples,
        deadline=None,
        derandomize=examples == EXAMPLES,
        database=None,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=st.one_of(strategies), data=st.data())
    def run(case: Case[Any], data: st.DataObject) -> None:
        for name in case.path_parameters or {}:
            if name in OF_OURS and data.draw(st.booleans()):
                case.path_parameters[name] = data.draw(st.sampled_from(OF_OURS[name]))
        response = case.call(base_url=url, headers=headers)
        case.validate_response(response, checks=CHECKS)

    run()


@on_both_tiers
@of_every_operation
def test_a_tier_answers_what_the_document_says(
    tiers: Tiers, asked: dict[str, str], tier: Tier, name: str, path: str, method: str
) -> None:
    hold(tiers, tier, path, method, asked, EXAMPLES)


@pytest.mark.chaos
@on_both_tiers
@of_every_operation
def test_a_tier_answers_what_the_document_says_for_long(
    tiers: Tiers, asked: dict[str, str], tier: Tier, name: str, path: str, method: str
) -> None:
    hold(tiers, tier, path, method, asked, MANY_EXAMPLES)


@on_both_tiers
def test_the_document_is_served(tiers: Tiers, tier: Tier) -> None:
    answer = tiers.ask(tier, "GET", "/api/openapi.json", [])
    assert answer.status == 200
    assert json.loads(answer.body) == DOCUMENT


def test_what_is_left_out_is_there() -> None:
    """Or the list of exceptions hides nothing."""
    names = {
        operation["operationId"] for methods in DOCUMENT["paths"].values() for operation in methods.values()
    }
    assert names >= set(ELSEWHERE)
