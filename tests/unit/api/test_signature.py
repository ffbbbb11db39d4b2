"""The edge's signature on its own: the shared vectors, and everything that is not quite it."""

import json
from typing import Any

import pytest

from infra.paths import SERVICES
from services.common import base64url
from services.common.front_door import admit
from services.common.identity import Identity
from services.common.problem import Problem
from services.common.signature import LIFETIME_SECONDS, is_valid, sign

VECTORS = json.loads((SERVICES / "contract" / "signature.vectors.json").read_text("utf-8"))
KEY = base64url.decode(VECTORS["key"])
NOW = 1_795_478_604
ADA = Identity(user="u-1", name="Ada").header()


@pytest.mark.parametrize("vector", VECTORS["signed"], ids=lambda vector: vector["case"])
def test_the_shared_vectors_hold(vector: dict[str, object]) -> None:
    signed = {name: vector[name] for name in ("method", "target", "identity")}
    assert sign(KEY, vector["seconds"], **signed) == vector["header"]  # type: ignore[arg-type] # JSON
    assert is_valid([KEY], float(str(vector["seconds"])), header=vector["header"], **signed)  # type: ignore[arg-type] # JSON


@pytest.mark.parametrize("identity", VECTORS["identities"], ids=lambda identity: identity["name"])
def test_identities_are_written_as_the_edge_does(identity: dict[str, Any]) -> None:
    header = identity["header"]
    known = Identity.model_validate({name: value for name, value in identity.items() if name != "header"})
    assert known.header() == header
    assert Identity.from_header(header) == known


def valid(header: str | None = None, *, now: float = NOW, **changes: Any) -> bool:
    asked = {"method": "GET", "target": "/api/x?a=1", "identity": ADA}
    genuine = sign(KEY, NOW, **asked)
    return is_valid([KEY], now, header=genuine if header is None else header, **{**asked, **changes})


def test_any_of_the_keys_may_have_signed() -> None:
    asked = {"method": "GET", "target": "/api/x", "identity": ""}
    keys = [b"a" * 32, b"b" * 32, b"c" * 32]
    for key in keys:
        assert is_valid(keys, NOW, header=sign(key, NOW, **asked), **asked)
    assert not is_valid(keys[1:], NOW, header=sign(keys[0], NOW, **asked), **asked)


@pytest.mark.parametrize("age", [0, 1, LIFETIME_SECONDS, -LIFETIME_SECONDS])
def test_a_signature_lives_for_thirty_seconds(age: int) -> None:
    assert valid(now=NOW + age)


@pytest.mark.parametrize("age", [30.001, 31, 3600, -30.001, -31])
def test_an_expired_signature_is_refused(age: float) -> None:
    assert not valid(now=NOW + age)


@pytest.mark.parametrize(
    "changes",
    [
        {"method": "POST"},
        {"method": "get"},
        {"target": "/api/y?a=1"},
        {"target": "/api/x?a=2"},
        {"target": "/api/x"},
        {"target": "/api/x?a=1&b"},
        {"identity": ""},
        {"identity": Identity(user="u-2", name="Ada").header()},
        {"identity": "\udce9"},
    ],
)
def test_a_signature_replayed_on_something_else_is_refused(changes: dict[str, Any]) -> None:
    assert not valid(**changes)


def test_the_parts_cannot_be_shifted_between_lines() -> None:
    header = sign(KEY, NOW, "GET", "/a", "b\nc")
    assert not is_valid([KEY], NOW, header=header, method="GET", target="/a\nb", identity="c")


GENUINE = sign(KEY, NOW, "GET", "/api/x?a=1", ADA)


@pytest.mark.parametrize(
    "header",
    [
        "",
        "v1",
        GENUINE.replace("v1", "v2"),
        GENUINE + " ",
        " " + GENUINE,
        GENUINE + "=",
        GENUINE[:-1],
        GENUINE[:-1] + ("A" if GENUINE[-1] != "A" else "B"),
        GENUINE.replace(" ", "  ", 1),
        GENUINE.replace(str(NOW), f"0{NOW}"),
        GENUINE.replace(str(NOW), f"+{NOW}"),
        GENUINE.replace(str(NOW), str(NOW + 1)),
        f"{GENUINE}, {GENUINE}",
        f"v1 {NOW} " + "A" * 43,
        f"v1 {NOW} " + "é" * 43,
        "\udcff",
        sign(b"another key" * 3, NOW, "GET", "/api/x?a=1", ADA),
    ],
)
def test_a_forged_signature_is_refused(header: str) -> None:
    assert not valid(header)


@pytest.mark.parametrize("identity", ["e30", "bm90IGpzb24", "!", base64url.encode(b'{"user":"","name":"x"}')])
def test_an_identity_without_sense_is_refused_though_signed(identity: str) -> None:
    with pytest.raises(Problem) as refusal:
        admit([KEY], NOW, sign(KEY, NOW, "GET", "/", identity), identity, "GET", "/")
    assert refusal.value.status == 401


def test_nobody_may_be_vouched_for() -> None:
    assert admit([KEY], NOW, sign(KEY, NOW, "GET", "/", ""), None, "GET", "/") is None
