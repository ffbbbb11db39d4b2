"""The plugin over gRPC: checks, previews, refreshes, imports, secrets, uploads and its end."""

import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import psutil
import pytest
from google.protobuf.empty_pb2 import Empty
from pulumi.runtime.proto import provider_pb2

from infra.toolchain.plugins.cloudflare import IDENTITY
from infra.toolchain.plugins.values import UNKNOWN, Secrets, Values, decode
from tests.unit.plugins.cloudflare_stub import CloudflareStub
from tests.unit.plugins.plugin import ROOT, Plugin, PluginError
from tests.unit.plugins.test_replay import CRON, DNS, INPUTS, ROUTE, RULESET, VERSION, WORKER

WORKER_INPUTS: Values = {"accountId": "ACCOUNT", "name": "edge"}
PLANTED = "planted-secret-0815"


def _version(worker: str) -> Values:
    return {
        "accountId": "ACCOUNT",
        "workerId": worker,
        "mainModule": "w.js",
        "modules": [{"name": "w.js", "contentFile": "w.js", "contentType": "application/javascript+module"}],
        "bindings": [{"name": "KEY", "type": "secret_text", "text": PLANTED}],
    }


@pytest.fixture
def worker(plugin: Plugin, tmp_path: Path) -> str:
    """The ID of a Worker; its module lies in the working directory."""
    (tmp_path / "w.js").write_text("export default {}\n")
    return str(plugin.create(WORKER, WORKER_INPUTS).id)


def test_it_announces_itself_in_one_line(plugin: Plugin) -> None:
    assert plugin.lines == [IDENTITY.announcement]
    assert "stand-in" in IDENTITY.announcement
    assert "6.17.0" in IDENTITY.announcement


def test_a_missing_property_and_a_misspelt_one_are_named(plugin: Plugin) -> None:
    with pytest.raises(PluginError, match="name is required") as caught:
        plugin.check(WORKER, {"accountId": "ACCOUNT", "nam": "edge"})
    assert "nam is not a property of this type" in str(caught.value)


def test_a_proxied_record_needs_an_automatic_ttl(plugin: Plugin) -> None:
    record = {"zoneId": "ZONE", "name": "a", "type": "A", "content": "192.0.2.1", "ttl": 60, "proxied": True}
    with pytest.raises(PluginError, match="ttl: must be 1"):
        plugin.check(DNS, record)


def test_a_preview_sends_nothing_and_leaves_the_rest_open(plugin: Plugin, cloudflare: CloudflareStub) -> None:
    answer = plugin.create(WORKER, {"accountId": "ACCOUNT", "name": UNKNOWN}, preview=True)
    outputs = decode(answer.properties).values
    assert (answer.id, outputs["name"], outputs["createdOn"]) == ("", UNKNOWN, UNKNOWN)
    assert outputs["subdomain"] == {"enabled": False, "previewsEnabled": False}
    assert cloudflare.requests == []


def test_a_refresh_without_drift_keeps_inputs_and_outputs(plugin: Plugin, worker: str) -> None:
    inputs = plugin.check(VERSION, _version(worker)).values
    created = plugin.create(VERSION, inputs)
    state = decode(created.properties).values
    answer = plugin.read(VERSION, created.id, state, inputs)
    assert decode(answer.inputs).values == inputs
    assert decode(answer.properties).values == state
    decision = plugin.diff(VERSION, decode(answer.properties).values, inputs, inputs)
    assert decision.changes == provider_pb2.DiffResponse.DIFF_NONE


def test_a_refresh_finds_what_other_hands_changed(plugin: Plugin, cloudflare: CloudflareStub) -> None:
    inputs: Values = {"zoneId": "ZONE", "pattern": "example.com/*", "script": "edge"}
    created = plugin.create(ROUTE, inputs)
    cloudflare.objects[f"/client/v4/zones/ZONE/workers/routes/{created.id}"]["script"] = "other"
    answer = plugin.read(ROUTE, created.id, decode(created.properties).values, inputs)
    assert decode(answer.inputs).values["script"] == "other"
    decision = plugin.diff(ROUTE, decode(answer.properties).values, inputs, inputs)
    assert dict(decision.detailedDiff)["script"].kind == provider_pb2.PropertyDiff.UPDATE


def test_what_is_gone_upstream_reads_as_nothing_and_deletes_without_error(plugin: Plugin) -> None:
    state: Values = {"zoneId": "ZONE", "pattern": "example.com/*"}
    assert plugin.read(ROUTE, "gone", state, state).id == ""
    plugin.delete(ROUTE, "gone", state)


def test_an_import_reads_by_its_official_id(plugin: Plugin, worker: str) -> None:
    answer = plugin.read(WORKER, f"ACCOUNT/{worker}", {}, {})
    inputs = decode(answer.inputs).values
    assert (answer.id, inputs["accountId"], inputs["name"]) == (worker, "ACCOUNT", "edge")
    assert plugin.diff(WORKER, decode(answer.properties).values, inputs, WORKER_INPUTS).replaces == []


def test_a_rulesets_header_names_are_sent_and_read_as_they_are(
    plugin: Plugin, cloudflare: CloudflareStub
) -> None:
    inputs = plugin.check(RULESET, INPUTS[RULESET]).values
    created = plugin.create(RULESET, inputs)
    (sent,) = cloudflare.taken()
    (rule,) = sent.body["rules"]
    assert (sent.method, sent.path) == ("POST", "/client/v4/zones/ZONE/rulesets")
    assert rule["action_parameters"] == {"headers": {"X-Key_a": {"operation": "set", "expression": "ip.src"}}}
    kept = cloudflare.objects[f"/client/v4/zones/ZONE/rulesets/{created.id}"]["rules"][0]
    kept |= {"id": "f00", "version": "1", "last_updated": "2026-11-26T00:00:00Z"}
    state = decode(created.properties).values
    read = plugin.read(RULESET, created.id, state, inputs)
    assert (decode(read.properties).values, decode(read.inputs).values) == (state, inputs)
    imported = plugin.read(RULESET, f"zones/ZONE/{created.id}", {}, {})
    declared = decode(imported.inputs).values
    assert (declared["zoneId"], declared["rules"][0]["actionParameters"]) == (
        "ZONE",
        inputs["rules"][0]["actionParameters"],
    )
    with pytest.raises(PluginError, match="zones/<zoneId>/<id>"):
        plugin.read(RULESET, f"ZONE/{created.id}", {}, {})
    plugin.delete(RULESET, created.id, state)
    assert cloudflare.objects == {}


def test_an_import_id_of_another_shape_is_refused_with_the_right_one(plugin: Plugin) -> None:
    with pytest.raises(PluginError, match="<accountId>/<scriptName>"):
        plugin.read(CRON, "edge", {}, {})


def test_secrets_stay_secret_in_every_answer(plugin: Plugin, worker: str) -> None:
    place = Secrets(frozenset({("bindings", 0, "text")}))
    inputs = _version(worker)
    created = plugin.create(VERSION, inputs, place)
    state = decode(created.properties)
    assert state.values["bindings"][0]["text"] == PLANTED
    assert ("bindings", 0, "text") in state.secrets.paths
    answer = plugin.read(VERSION, created.id, state.values, inputs, place)
    for shown in (created.properties, answer.properties, answer.inputs):
        assert PLANTED not in _unmarked(shown)


def _unmarked(properties: Any) -> str:
    """The property map as JSON, without what is marked secret."""
    shown = decode(properties)
    assert shown.secrets.paths
    return str(_without(shown.values, (), set(shown.secrets.paths)))


def _without(value: Any, path: tuple[str | int, ...], hidden: set[tuple[str | int, ...]]) -> Any:
    if path in hidden:
        return "[secret]"
    if isinstance(value, dict):
        return {key: _without(item, (*path, key), hidden) for key, item in value.items()}
    if isinstance(value, list):
        return [_without(item, (*path, index), hidden) for index, item in enumerate(value)]
    return value


def test_assets_that_cloudflare_lacks_are_uploaded_in_base64_with_the_sessions_token(
    plugin: Plugin, cloudflare: CloudflareStub, worker: str, tmp_path: Path
) -> None:
    (tmp_path / "public").mkdir()
    (tmp_path / "public" / "index.html").write_text("hi\n")
    cloudflare.buckets = True
    cloudflare.taken()
    plugin.create(VERSION, {**_version(worker), "assets": {"directory": "public"}})
    upload, version = cloudflare.taken()[2:]
    assert upload.path == "/client/v4/accounts/ACCOUNT/workers/assets/upload?base64=true"
    assert b'name="98ea6e4f216f2fb4b69fff9b3a44842c"' in upload.body
    assert b"Content-Type: text/html; charset=utf-8\r\n\r\naGkK\r\n" in upload.body
    assert cloudflare.tokens[-2] == "Bearer session"
    assert version.body["assets"] == {"jwt": "completion"}


def test_a_step_that_comes_with_the_cancellation_is_still_done(plugin: Plugin) -> None:
    plugin.call("Cancel", Empty())
    assert plugin.create(WORKER, {"accountId": "ACCOUNT", "name": "site"}).id
    plugin.process.terminate()
    assert plugin.process.wait(timeout=30) == 0


def test_it_ends_with_the_process_that_started_it() -> None:
    starter = (
        "import subprocess, sys, time;"
        "command = [sys.executable, '-m', 'infra.toolchain.plugins.cloudflare'];"
        "plugin = subprocess.Popen(command, stdout=subprocess.PIPE);"
        "plugin.stdout.readline();"
        "print(plugin.pid, flush=True); time.sleep(600)"
    )
    engine = subprocess.Popen([sys.executable, "-c", starter], cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert engine.stdout is not None
    plugin = psutil.Process(int(engine.stdout.readline()))
    try:
        engine.send_signal(signal.SIGKILL)
        engine.communicate(timeout=60)
        plugin.wait(timeout=60)
    finally:
        if plugin.is_running():
            plugin.kill()
