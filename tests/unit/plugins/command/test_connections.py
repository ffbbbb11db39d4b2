"""Who is connected to, and what is said otherwise: pinned keys, refused keys, hosts that are not there."""

import socket
import time

import pytest

from tests.support.ssh_host import SshHost, new_key, private_text, public_text
from tests.unit.plugins.plugin import Plugin, PluginError

COMMAND = "command:remote:Command"


def test_a_host_with_another_key_is_refused_before_anything_is_sent(plugin: Plugin, host: SshHost) -> None:
    connection = {**host.connection, "hostKey": public_text(new_key())}
    with pytest.raises(PluginError) as caught:
        plugin.create(COMMAND, {"connection": connection, "create": "touch ran", "stdin": "secret"})
    assert "the host's key is not the pinned one (presents ssh-ed25519 SHA256:" in str(caught.value)
    assert "pin its new key" in str(caught.value)
    assert host.commands == []


def test_a_host_key_of_another_algorithm_is_refused_too(plugin: Plugin, host: SshHost) -> None:
    import asyncssh

    other = public_text(asyncssh.generate_private_key("ecdsa-sha2-nistp256"))
    with pytest.raises(PluginError, match="the host's key is not the pinned one"):
        plugin.create(COMMAND, {"connection": {**host.connection, "hostKey": other}, "create": "true"})


def test_a_refused_user_key_is_named_at_once(plugin: Plugin, host: SshHost) -> None:
    connection = {**host.connection, "privateKey": private_text(new_key()), "dialErrorLimit": 10}
    started = time.monotonic()
    with pytest.raises(PluginError, match="the host refuses the key of user shoreline") as caught:
        plugin.create(COMMAND, {"connection": connection, "create": "true"})
    assert "authorized_keys" in str(caught.value)
    assert time.monotonic() - started < 5


@pytest.mark.parametrize(
    ("name", "message"),
    [("privateKey", "the private key can't be read"), ("hostKey", "the pinned host key can't be read")],
)
def test_a_key_that_is_none_is_named(plugin: Plugin, host: SshHost, name: str, message: str) -> None:
    with pytest.raises(PluginError, match=message):
        plugin.create(COMMAND, {"connection": {**host.connection, name: "ssh-none"}, "create": "true"})


def test_a_host_that_is_not_there_fails_after_the_attempts_asked_for(plugin: Plugin, host: SshHost) -> None:
    connection = {**host.connection, "port": 1, "dialErrorLimit": 2}
    with pytest.raises(PluginError) as caught:
        plugin.create(COMMAND, {"connection": connection, "create": "true"})
    assert str(caught.value) == (
        "shoreline@127.0.0.1:1: no SSH connection after 3 attempts (connect call failed ('127.0.0.1', 1)). "
        "Check host and port, and that the server runs."
    )


def test_a_host_that_never_answers_fails_once_the_attempts_timed_out(plugin: Plugin, host: SshHost) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        connection = {**host.connection, "port": port, "dialErrorLimit": 2, "perDialTimeout": 1}
        started = time.monotonic()
        with pytest.raises(PluginError, match=r"after 3 attempts \(timed out\)"):
            plugin.create(COMMAND, {"connection": connection, "create": "true"})
    assert 3 < time.monotonic() - started < 10
