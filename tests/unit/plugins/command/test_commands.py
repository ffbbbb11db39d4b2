"""remote.Command over gRPC against a real SSH host: what runs when, with which input, and what comes back."""

from typing import Any

import pytest
from pulumi.runtime.proto import provider_pb2

from infra.toolchain.plugins.command import IDENTITY
from infra.toolchain.plugins.values import UNKNOWN, Secrets, Values, decode
from tests.support.ssh_host import SshHost
from tests.unit.plugins.plugin import Plugin, PluginError

COMMAND = "command:remote:Command"
SECRET = "planted-secret-4711"


def outputs(answer: Any) -> Values:
    return decode(answer.properties).values


def test_it_announces_itself_in_one_line(plugin: Plugin) -> None:
    assert plugin.lines == [IDENTITY.announcement]
    assert "stand-in" in plugin.lines[0] and "1.2.1" in plugin.lines[0]


def test_creation_runs_the_command_in_the_users_home(plugin: Plugin, host: SshHost) -> None:
    inputs = {"connection": host.connection, "create": "pwd; echo wrong >&2"}
    created = plugin.create(COMMAND, plugin.check(COMMAND, inputs).values)
    assert created.id.startswith("name") and len(created.id) == len("name") + 8
    assert outputs(created)["stdout"] == str(host.home)
    assert outputs(created)["stderr"] == "wrong"


def test_a_preview_runs_nothing(plugin: Plugin, host: SshHost) -> None:
    inputs = {"connection": host.connection, "create": "touch ran"}
    created = plugin.create(COMMAND, inputs, preview=True)
    assert outputs(created)["stdout"] is UNKNOWN
    assert host.commands == []


def test_an_update_runs_update_or_else_create(plugin: Plugin, host: SshHost) -> None:
    inputs: Values = {"connection": host.connection, "create": "echo created"}
    state = outputs(plugin.create(COMMAND, inputs))
    again = plugin.update(COMMAND, "name1", state, {**inputs, "stdin": "new"})
    other = plugin.update(COMMAND, "name1", state, {**inputs, "update": "echo updated"})
    assert (again["stdout"], other["stdout"]) == ("created", "updated")
    assert host.commands == ["echo created", "echo created", "echo updated"]


def test_without_a_delete_command_deletion_needs_no_host(plugin: Plugin, host: SshHost) -> None:
    gone = {**host.connection, "port": 1}
    plugin.delete(
        COMMAND, "name1", {"connection": gone, "create": "echo created", "stdout": "", "stderr": ""}
    )
    plugin.delete(COMMAND, "name1", {"connection": host.connection, "delete": "touch deleted", "stdout": ""})
    assert (host.home / "deleted").exists()


def test_the_previous_output_is_in_the_environment_where_the_host_lets_it(
    plugin: Plugin, host: SshHost
) -> None:
    inputs: Values = {"connection": host.connection, "create": "echo ${PULUMI_COMMAND_STDOUT-none}"}
    state = {**inputs, "stdout": "before", "stderr": ""}
    assert plugin.update(COMMAND, "name1", state, inputs)["stdout"] == "none"
    host.accepted = frozenset({"PULUMI_COMMAND_STDOUT"})
    assert plugin.update(COMMAND, "name1", state, inputs)["stdout"] == "before"
    silent = {**inputs, "addPreviousOutputInEnv": False}
    assert plugin.update(COMMAND, "name1", state, silent)["stdout"] == "none"


def test_a_variable_that_the_host_does_not_accept_is_named(plugin: Plugin, host: SshHost) -> None:
    host.accepted = frozenset({"GREETING"})
    inputs = {"connection": host.connection, "create": "echo $GREETING", "environment": {"GREETING": "a b"}}
    assert outputs(plugin.create(COMMAND, inputs))["stdout"] == "a b"
    with pytest.raises(PluginError, match=r"does not accept the variable OTHER.*AcceptEnv"):
        plugin.create(COMMAND, {**inputs, "environment": {"GREETING": "hi", "OTHER": "x"}})


@pytest.mark.parametrize(
    ("logging", "lines"),
    [
        (None, {"one", "two"}),
        ("stdoutAndStderr", {"one", "two"}),
        ("stdout", {"one"}),
        ("stderr", {"two"}),
        ("none", set()),
    ],
)
def test_output_is_said_as_asked(plugin: Plugin, host: SshHost, logging: str | None, lines: set[str]) -> None:
    inputs = {"connection": host.connection, "create": "echo one; echo two >&2", "logging": logging}
    plugin.create(COMMAND, inputs)
    assert set(plugin.lines[1:]) == lines


def test_a_failure_is_one_message_with_host_command_and_output(plugin: Plugin, host: SshHost) -> None:
    inputs = {"connection": host.connection, "create": "echo no room >&2; exit 3", "logging": "none"}
    with pytest.raises(PluginError) as caught:
        plugin.create(COMMAND, inputs)
    assert str(caught.value) == (
        f"shoreline@127.0.0.1:{host.port}: this command failed with exit status 3: echo no room >&2; exit 3. "
        "Mend the cause, then run it again. It said:\n  no room"
    )


def test_of_much_output_a_failure_shows_the_end(plugin: Plugin, host: SshHost) -> None:
    command = 'for i in $(seq 2000); do echo "ö line $i"; done; exit 1'
    with pytest.raises(PluginError, match=r"ö line 2000$") as caught:
        plugin.create(COMMAND, {"connection": host.connection, "create": command, "logging": "none"})
    assert len(str(caught.value)) > 1000


def test_a_command_that_a_signal_ends_says_so(plugin: Plugin, host: SshHost) -> None:
    with pytest.raises(PluginError, match="was ended by signal KILL: kill -9"):
        plugin.create(COMMAND, {"connection": host.connection, "create": "kill -9 $$"})


def test_much_input_and_output_passes(plugin: Plugin, host: SshHost) -> None:
    text = "line of text\n" * 50_000
    inputs = {"connection": host.connection, "create": "cat", "stdin": text, "logging": "none"}
    assert outputs(plugin.create(COMMAND, inputs))["stdout"] == text.removesuffix("\n")


def test_a_secret_goes_by_stdin_and_stays_out_of_process_lists_messages_and_lines(
    plugin: Plugin, host: SshHost
) -> None:
    listed = "cat /proc/[0-9]*/cmdline 2>/dev/null | tr '\\0' ' ' | grep -c -f kept"
    command = f"cat > kept; {listed}; cat kept; exit 1"
    inputs = {"connection": host.connection, "create": command, "stdin": SECRET}
    secrets = Secrets(frozenset({("stdin",), ("connection",)}))
    with pytest.raises(PluginError) as caught:
        plugin.create(COMMAND, inputs, secrets)
    assert (host.home / "kept").read_text() == SECRET
    assert SECRET not in str(caught.value)
    assert str(caught.value).endswith("It said:\n  0\n  [secret]")
    assert all(SECRET not in line and host.client_key not in line for line in plugin.lines)
    assert f"{host.connection['user']}@127.0.0.1" in str(caught.value)


def test_what_reveals_a_secret_is_secret(plugin: Plugin, host: SshHost) -> None:
    inputs = {"connection": host.connection, "create": "cat", "stdin": SECRET, "logging": "none"}
    answer = plugin.create(COMMAND, inputs, Secrets(frozenset({("stdin",), ("connection",)})))
    assert {("connection",), ("stdin",), ("stdout",), ("stderr",)} <= decode(answer.properties).secrets.paths
    open_one = plugin.create(COMMAND, {"connection": host.connection, "create": "echo open"})
    assert decode(open_one.properties).secrets.paths == {("connection",)}


def test_a_refresh_takes_the_state_as_it_is(plugin: Plugin, host: SshHost) -> None:
    inputs = {"connection": host.connection, "create": "echo one"}
    state = {**inputs, "stdout": "one", "stderr": ""}
    answer = plugin.read(COMMAND, "name1", state, inputs)
    assert (answer.id, outputs(answer), decode(answer.inputs).values) == ("name1", state, inputs)
    with pytest.raises(PluginError, match="can't be imported"):
        plugin.read(COMMAND, "name1", {}, {})


def test_what_only_the_official_plugin_has_is_refused_by_name(plugin: Plugin, host: SshHost) -> None:
    with pytest.raises(PluginError, match="command:local:Command: is not among the types") as caught:
        plugin.create("command:local:Command", {"create": "true"})
    assert "pulumi plugin install resource command 1.2.1" in str(caught.value)
    with pytest.raises(PluginError, match=r"the function command:local:run: .* official plugin"):
        plugin.call("Invoke", provider_pb2.InvokeRequest(tok="command:local:run"))
    with pytest.raises(PluginError, match="proxy is not served by Shoreline's stand-in") as caught:
        plugin.check(COMMAND, {"connection": {**host.connection, "proxy": {"host": "bastion"}}})
    assert "connection.proxy" in str(caught.value)


def test_mistakes_in_the_inputs_are_named(plugin: Plugin, host: SshHost) -> None:
    with pytest.raises(PluginError, match="connection is required"):
        plugin.check(COMMAND, {"create": "true"})
    inputs = {"connection": {"hots": "h"}, "creat": "true", "logging": "loud"}
    with pytest.raises(PluginError) as caught:
        plugin.check(COMMAND, inputs)
    for named in ("creat is not", "hots is not", "host is required", "'loud' is not one of stdout"):
        assert named in str(caught.value)
    plugin.check(COMMAND, {"connection": UNKNOWN, "create": UNKNOWN})
