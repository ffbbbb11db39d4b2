"""A user's mistake is one clear message: where, what, what to do; nothing is left running."""

import os
import socket
from pathlib import Path

import pytest

from infra.errors import UserError
from infra.localcloud.endpoints import Address, Endpoints, UserErrors
from tests.support.cloud import LocalCloud

GOOD = """
config:
  cloudflare:baseUrl: http://127.0.0.1:8701/client/v4
  shoreline:edge: {url: "http://localhost:8700"}
  shoreline:turso: {api: "http://[::1]:8702", databases: "http://127.0.0.1:8703"}
"""


def test_all_busy_ports_are_told_at_once_with_their_setting_and_holder(own_cloud: LocalCloud) -> None:
    endpoints = own_cloud.endpoints
    with _listening_on(endpoints.edge), _listening_on(endpoints.turso_api):
        done = own_cloud.run("up")
    assert done.returncode == 1
    first, second = done.stderr.splitlines()
    place = "error: shoreline:edge.url in Pulumi.dev.yaml"
    assert first.startswith(
        f"{place}: port {endpoints.edge.port} of 127.0.0.1 is taken by pid {os.getpid()} ("
    )
    assert first.endswith("stop that process, or give this setting another port")
    assert second.startswith("error: shoreline:turso.api in Pulumi.dev.yaml: ")
    assert own_cloud.processes() == {}


def test_the_ports_of_another_clones_cloud_are_told_in_one_line(
    own_cloud: LocalCloud, tmp_path: Path
) -> None:
    own_cloud.up()
    second = LocalCloud(tmp_path / "second")
    second.config_file.write_text(own_cloud.config_file.read_text())
    done = second.run("up")
    assert done.returncode == 1
    (line,) = done.stderr.splitlines()
    assert f"{own_cloud.endpoints.edge.port}, " in line and line.count(str(own_cloud.data)) == 1
    assert line.endswith("run `make down` in that clone, or give the settings of this one other ports")
    assert own_cloud.status()["healthy"] and second.processes() == {}


def _listening_on(address: Address) -> socket.socket:
    return socket.create_server((address.host, address.port))


def test_a_missing_file_is_told_without_a_traceback(own_cloud: LocalCloud) -> None:
    own_cloud.config_file.unlink()
    done = own_cloud.run("up")
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1
    assert f"{own_cloud.config_file}: does not exist" in done.stderr


def test_endpoints_come_from_the_stacks_configuration(tmp_path: Path) -> None:
    endpoints = _load(tmp_path, GOOD)
    assert endpoints.cloudflare_api == Address("127.0.0.1", 8701)
    assert endpoints.edge == Address("127.0.0.1", 8700)
    assert endpoints.turso_api == Address("::1", 8702)
    assert endpoints.turso_api.url == "http://[::1]:8702"
    assert endpoints.settings()["shoreline:turso.databases"] == Address("127.0.0.1", 8703)


def test_all_mistaken_endpoints_are_told_at_once(tmp_path: Path) -> None:
    text = GOOD.replace("http://127.0.0.1:8701", "https://api.cloudflare.com")
    text = text.replace("databases", "databass")
    with pytest.raises(UserErrors) as raised:
        _load(tmp_path, text)
    places = [mistake.where for mistake in raised.value.exceptions if isinstance(mistake, UserError)]
    assert places == ["cloudflare:baseUrl in stack.yaml", "shoreline:turso.databases in stack.yaml"]


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        (("127.0.0.1:8703", "192.0.2.7:8703"), "is not this machine's loopback"),
        (("127.0.0.1:8703", "127.0.0.1"), "is not an http URL with a port"),
        (("127.0.0.1:8703", "127.0.0.1:99999"), "is no URL"),
        (("127.0.0.1:8703", "127.0.0.1:8701"), "is also cloudflare:baseUrl"),
        (("config:", "confg:"), "has no `config:` section"),
        (("config:", "config: ["), "cannot be read"),
    ],
)
def test_a_mistaken_endpoint_says_what_is_wrong(
    tmp_path: Path, change: tuple[str, str], problem: str
) -> None:
    with pytest.raises(UserError, match=problem):
        _load(tmp_path, GOOD.replace(*change))


def _load(folder: Path, text: str) -> Endpoints:
    file = folder / "stack.yaml"
    file.write_text(text)
    return Endpoints.load(file)
