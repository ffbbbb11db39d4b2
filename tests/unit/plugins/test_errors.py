"""One clear message for each failure: what was sent, what came back, what to do; no traceback, no secret."""

import json
import time
from pathlib import Path

import pytest
from pulumi.runtime.proto import provider_pb2

from infra.toolchain.plugins.cloudflare import servicer
from infra.toolchain.plugins.values import Secrets, Values, encode
from tests.unit.plugins.cloudflare_stub import TOKEN, CloudflareStub
from tests.unit.plugins.plugin import Plugin, PluginError
from tests.unit.plugins.test_replay import ROUTE, VERSION, WORKER

INPUTS: Values = {"accountId": "ACCOUNT", "name": "edge"}
CREATE = "POST /accounts/ACCOUNT/workers/workers"


def _envelope(*errors: tuple[int, str]) -> bytes:
    stated = [{"code": code, "message": message} for code, message in errors]
    return json.dumps({"success": False, "errors": stated, "messages": [], "result": None}).encode()


TOKEN_REMEDY = "Check cloudflare:apiToken: it must be this account's, with the rights this call needs."
REMEDY = "Correct what it names, then run it again."
CASES = [
    (403, _envelope((10000, "Authentication error")), f"Authentication error (10000). {TOKEN_REMEDY}"),
    (
        400,
        _envelope((10016, "bad name"), (10055, "too many")),
        f"bad name (10016); too many (10055). {REMEDY}",
    ),
    (200, _envelope((10021, "Validation failed")), f"Validation failed (10021). {REMEDY}"),
    (400, _envelope(), f"no reason given. {REMEDY}"),
    (
        501,
        _envelope((10404, "no such endpoint")),
        "no such endpoint (10404). The fault is on the other side of cloudflare:baseUrl: run it again.",
    ),
]


@pytest.mark.parametrize(("status", "body", "message"), CASES)
def test_a_refusal_is_one_message(
    plugin: Plugin, cloudflare: CloudflareStub, status: int, body: bytes, message: str
) -> None:
    cloudflare.failure = status, body
    with pytest.raises(PluginError) as caught:
        plugin.create(WORKER, INPUTS)
    assert str(caught.value) == f"{CREATE}: Cloudflare answered {status}: {message}"
    assert TOKEN not in str(caught.value)


def test_an_answer_that_is_not_cloudflares_points_at_the_base_url(
    plugin: Plugin, cloudflare: CloudflareStub
) -> None:
    cloudflare.failure = 404, b"<html>not here</html>"
    with pytest.raises(PluginError) as caught:
        plugin.create(WORKER, INPUTS)
    assert str(caught.value) == (
        f"{CREATE}: answered 404 without Cloudflare's JSON envelope. "
        "Check cloudflare:baseUrl: it ends in /client/v4."
    )


def test_an_endpoint_that_is_not_there_fails_within_ten_seconds(plugin: Plugin) -> None:
    plugin.configure(apiToken=TOKEN, baseUrl="http://127.0.0.1:9/client/v4")
    started = time.monotonic()
    with pytest.raises(PluginError) as caught:
        plugin.create(WORKER, INPUTS)
    assert time.monotonic() - started < 10
    assert str(caught.value) == (
        f"cloudflare:baseUrl: no answer from http://127.0.0.1:9/client/v4 ({CREATE}: connection refused). "
        "Check the address, and that what it names is running."
    )


def test_another_type_is_refused_by_name(plugin: Plugin) -> None:
    with pytest.raises(
        PluginError, match="workersKvNamespace:WorkersKvNamespace: is not among the types"
    ) as caught:
        plugin.create("cloudflare:index/workersKvNamespace:WorkersKvNamespace", {})
    assert "pulumi plugin install resource cloudflare 6.17.0" in str(caught.value)


def test_a_function_is_refused_by_name(plugin: Plugin) -> None:
    with pytest.raises(
        PluginError, match=r"the function cloudflare:index/getZone:getZone: .* official plugin"
    ):
        plugin.call("Invoke", provider_pb2.InvokeRequest(tok="cloudflare:index/getZone:getZone"))


def test_a_module_that_is_not_there_is_named_with_its_property(plugin: Plugin, tmp_path: Path) -> None:
    module = {"name": "w.js", "contentFile": "w.js", "contentType": "application/javascript+module"}
    with pytest.raises(PluginError, match=r"modules\[0\].contentFile: w.js does not exist") as caught:
        plugin.check(VERSION, {"accountId": "ACCOUNT", "workerId": "1", "modules": [module]})
    assert str(tmp_path) in str(caught.value)


def test_a_defect_names_its_place_and_no_value(plugin: Plugin) -> None:
    with pytest.raises(
        PluginError, match=r"defect in Shoreline's cloudflare plugin: \w+ in Update at \w+\.py:\d+"
    ):
        plugin.update(ROUTE, "1", {}, {"pattern": "planted"})
    with pytest.raises(PluginError) as caught:
        plugin.update(ROUTE, "1", {}, {"pattern": "planted"})
    assert "planted" not in str(caught.value)


def test_nothing_is_written_to_the_engines_output_but_the_announcement(plugin: Plugin) -> None:
    with pytest.raises(PluginError):
        plugin.update(ROUTE, "1", {}, {})
    plugin.process.terminate()
    assert plugin.process.communicate(timeout=30) == ("", "")
    assert len(plugin.lines) == 1


@pytest.mark.parametrize(
    ("config", "named"),
    [
        ({}, ["apiToken"]),
        ({"apiToken": "t", "baseUrl": "api.cloudflare.com"}, ["baseUrl"]),
        ({"apiKey": "k", "email": "e", "apiToken": "t"}, ["apiKey", "email"]),
        ({"apiToken": "t", "baseUrl": "http://127.0.0.1:8701/client/v4"}, []),
    ],
)
def test_a_mistake_in_the_configuration_is_named(config: Values, named: list[str]) -> None:
    assert [found.property for found in servicer.config_problems(config)] == named


def test_a_missing_token_is_named_with_the_command_that_sets_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("CLOUDFLARE_API_TOKEN", raising=False)
    request = provider_pb2.CheckRequest(urn="urn", news=encode({"baseUrl": "http://127.0.0.1:1"}, Secrets()))
    with Plugin(tmp_path) as plugin:
        (failure,) = plugin.call("CheckConfig", request).failures
    assert (failure.property, "pulumi config set --secret cloudflare:apiToken" in failure.reason) == (
        "apiToken",
        True,
    )
