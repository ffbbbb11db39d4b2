"""What a change of inputs means by the provider's schemas: nothing, an update or a replacement."""

import copy
from pathlib import Path
from typing import Any, Literal

import pytest

from infra.toolchain.plugins.cloudflare import operations
from infra.toolchain.plugins.cloudflare.decide import decide
from infra.toolchain.plugins.cloudflare.registry import KINDS
from infra.toolchain.plugins.values import UNKNOWN, Values, path_text
from tests.unit.plugins.test_replay import (
    CRON,
    DEPLOYMENT,
    DNS,
    DOMAIN,
    INPUTS,
    ROUTE,
    RULESET,
    TUNNEL,
    TUNNEL_CONFIG,
    VERSION,
    WORKER,
)

Decision = Literal["update", "replace"]
VERSIONS = {**INPUTS[DEPLOYMENT], "versions": [{"versionId": "one", "percentage": 100}]}
RULES: list[Values] = INPUTS[RULESET]["rules"]
BINDINGS: list[Values] = INPUTS[VERSION]["bindings"]

CASES: list[tuple[str, Values, Decision | None]] = [
    (WORKER, {"name": "other"}, "update"),
    (WORKER, {"observability": {"enabled": False}}, "update"),
    (WORKER, {"observability": {"enabled": True, "traces": {"enabled": True}}}, "update"),
    (WORKER, {"logpush": False, "tags": []}, None),
    (WORKER, {"accountId": "other"}, "replace"),
    (VERSION, {"compatibilityDate": "2026-11-02"}, "replace"),
    (VERSION, {"limits": {"cpuMs": 51}}, "replace"),
    (VERSION, {"limits": None}, None),
    (VERSION, {"usageModel": "standard"}, None),
    (VERSION, {"workerId": UNKNOWN}, "replace"),
    (VERSION, {"bindings": list(reversed(BINDINGS))}, None),
    (VERSION, {"bindings": BINDINGS[1:]}, "replace"),
    (VERSION, {"bindings": [{**BINDINGS[0], "text": "z"}, *BINDINGS[1:]]}, "replace"),
    (VERSION, {"bindings": [{**BINDINGS[0], "text": UNKNOWN}, *BINDINGS[1:]]}, "replace"),
    (VERSION, {"assets": {"directory": "public", "config": {"notFoundHandling": "none"}}}, "replace"),
    (DEPLOYMENT, {"versions": [{"versionId": "two", "percentage": 100}]}, "replace"),
    (DEPLOYMENT, {"versions": [{"versionId": UNKNOWN, "percentage": 100}]}, "replace"),
    (DEPLOYMENT, {"versions": [*VERSIONS["versions"], {"versionId": "two", "percentage": 10}]}, "replace"),
    (ROUTE, {"pattern": "example.com/a*"}, "update"),
    (ROUTE, {"script": None}, "update"),
    (ROUTE, {"zoneId": "other"}, "replace"),
    (DOMAIN, {"service": "other"}, "replace"),
    (DOMAIN, {"hostname": "other.example.com"}, "replace"),
    (DOMAIN, {"environment": None, "zoneId": None}, None),
    (CRON, {"schedules": [{"cron": "0 * * * *"}]}, "update"),
    (CRON, {"schedules": [*INPUTS[CRON]["schedules"], {"cron": "0 * * * *"}]}, "update"),
    (CRON, {"scriptName": "other"}, "replace"),
    (DNS, {"content": "y.cfargotunnel.com"}, "update"),
    (DNS, {"proxied": None}, "update"),
    (DNS, {"zoneId": "other"}, "replace"),
    (RULESET, {"rules": []}, "update"),
    (RULESET, {"rules": [{**RULES[0], "expression": "false"}]}, "update"),
    (RULESET, {"rules": [*RULES, {**RULES[0], "ref": "two"}]}, "update"),
    (RULESET, {"description": "other"}, "update"),
    (RULESET, {"name": "other"}, "replace"),
    (RULESET, {"phase": "http_ratelimit"}, "replace"),
    (TUNNEL, {"name": "other"}, "update"),
    (TUNNEL, {"configSrc": "local"}, "replace"),
    (TUNNEL_CONFIG, {"config": {"ingresses": [{"service": "http_status:404"}]}}, "update"),
    (TUNNEL_CONFIG, {"tunnelId": "other"}, "replace"),
]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The working directory, with the files the version names."""
    (tmp_path / "public").mkdir()
    (tmp_path / "public" / "index.html").write_text("hi\n")
    (tmp_path / "w.js").write_text("one")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def _inputs(token: str) -> Values:
    return copy.deepcopy(VERSIONS if token == DEPLOYMENT else INPUTS[token])


def _state(token: str) -> Values:
    """The outputs after creation, with what Cloudflare answers beyond."""
    kind, inputs = KINDS[token], _inputs(token)
    steps = operations.create(kind, inputs)
    answer: Any = None
    while True:
        try:
            request = steps.send(answer)
        except StopIteration as done:
            outputs: Values = done.value.outputs
            return outputs
        answer = {"id": "1", "name": "edge2", "jwt": "abc", "created_on": "2026-11-23T00:00:00Z"}
        answer |= request.body if isinstance(request.body, dict) and request.path.count("/") < 6 else {}


def _decided(token: str, new: Values) -> Decision | None:
    changes = decide(KINDS[token], _state(token), _inputs(token), new)
    if not changes:
        return None
    return "replace" if any(change.replaces for change in changes) else "update"


@pytest.mark.parametrize("token", KINDS)
def test_the_same_inputs_change_nothing(token: str, folder: Path) -> None:
    assert _decided(token, _inputs(token)) is None


@pytest.mark.parametrize(("token", "change", "expected"), CASES)
def test_a_change_is_decided_as_the_official_provider_does(
    token: str, change: Values, expected: Decision | None, folder: Path
) -> None:
    edited = {name: value for name, value in (_inputs(token) | change).items() if value is not None}
    assert _decided(token, edited) == expected


def test_new_text_under_the_same_name_replaces_the_version(folder: Path) -> None:
    state = _state(VERSION)
    (folder / "w.js").write_text("two")
    changes = decide(KINDS[VERSION], state, _inputs(VERSION), _inputs(VERSION))
    assert [(path_text(change.path), change.replaces) for change in changes] == [
        ("modules[0].contentSha256", True)
    ]


def test_a_new_asset_replaces_the_version(folder: Path) -> None:
    state = _state(VERSION)
    (folder / "public" / "new.css").write_text("a{}")
    changes = decide(KINDS[VERSION], state, _inputs(VERSION), _inputs(VERSION))
    assert [(path_text(change.path), change.replaces) for change in changes] == [
        ("assets.assetManifestSha256", True)
    ]


def test_the_same_text_from_another_file_is_no_new_version(folder: Path) -> None:
    state = _state(VERSION)
    (folder / "other.js").write_text("one")
    edited = _inputs(VERSION)
    edited["modules"][0]["contentFile"] = "other.js"
    changes = decide(KINDS[VERSION], state, _inputs(VERSION), edited)
    assert [(path_text(change.path), change.replaces) for change in changes] == [
        ("modules[0].contentFile", False)
    ]


def test_what_other_hands_set_is_unset_again(folder: Path) -> None:
    state = _state(DNS) | {"comment": "by hand"}
    changes = decide(KINDS[DNS], state, _inputs(DNS), _inputs(DNS))
    assert [(change.path, change.verb) for change in changes] == [(("comment",), "delete")]
    body = next(operations.update(KINDS[DNS], "1", state, _inputs(DNS))).body
    assert body == {**_wire(INPUTS[DNS]), "comment": None}


def _wire(inputs: Values) -> Values:
    return {name: value for name, value in inputs.items() if name != "zoneId"}


@pytest.mark.parametrize(
    ("token", "method", "path"),
    [
        (WORKER, "PUT", "/accounts/ACCOUNT/workers/workers/1"),
        (ROUTE, "PUT", "/zones/ZONE/workers/routes/1"),
        (CRON, "PUT", "/accounts/ACCOUNT/workers/scripts/edge/schedules"),
        (DNS, "PUT", "/zones/ZONE/dns_records/1"),
        (RULESET, "PUT", "/zones/ZONE/rulesets/1"),
        (TUNNEL, "PATCH", "/accounts/ACCOUNT/cfd_tunnel/1"),
        (
            TUNNEL_CONFIG,
            "PUT",
            f"/accounts/ACCOUNT/cfd_tunnel/{INPUTS[TUNNEL_CONFIG]['tunnelId']}/configurations",
        ),
    ],
)
def test_an_update_is_one_request(token: str, method: str, path: str) -> None:
    request = next(operations.update(KINDS[token], "1", _inputs(token), _inputs(token)))
    assert (request.method, request.path) == (method, path)
