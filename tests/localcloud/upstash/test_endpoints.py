"""Upstash is in the local cloud if the stack's configuration has it."""

from pathlib import Path

import pytest
import yaml

from infra.errors import UserError
from infra.localcloud.endpoints import Address, Endpoints
from tests.support.upstash import UpstashCloud


@pytest.fixture
def config_file(tmp_path: Path) -> Path:
    return UpstashCloud(tmp_path).config_file


def change(config_file: Path, upstash: dict[str, str] | None) -> None:
    document = yaml.safe_load(config_file.read_text())
    document["config"].pop("shoreline:upstash")
    if upstash is not None:
        document["config"]["shoreline:upstash"] = upstash
    config_file.write_text(yaml.safe_dump(document))


def test_its_addresses_are_read_past_the_apis_path(config_file: Path) -> None:
    change(config_file, {"api": "http://127.0.0.1:1234/v2", "rest": "http://127.0.0.1:1235"})
    endpoints = Endpoints.load(config_file)
    assert endpoints.upstash_api == Address("127.0.0.1", 1234)
    assert endpoints.settings()["shoreline:upstash.rest"] == Address("127.0.0.1", 1235)


def test_a_stack_without_it_has_none(config_file: Path) -> None:
    change(config_file, None)
    endpoints = Endpoints.load(config_file)
    assert (endpoints.upstash_api, endpoints.upstash_rest) == (None, None)
    assert not [setting for setting in endpoints.settings() if "upstash" in setting]


@pytest.mark.parametrize(
    ("upstash", "problem"),
    [
        ({"api": "http://127.0.0.1:1234/v2"}, "shoreline:upstash.rest in Pulumi.dev.yaml: is missing"),
        ({"api": "https://api.upstash.com/v2", "rest": "http://127.0.0.1:1235"}, "is not an http URL"),
        ({"api": "http://127.0.0.1:1234", "rest": "http://127.0.0.1:1234"}, "is also shoreline:upstash.api"),
    ],
)
def test_a_mistake_is_named(config_file: Path, upstash: dict[str, str], problem: str) -> None:
    change(config_file, upstash)
    with pytest.raises(UserError, match=problem):
        Endpoints.load(config_file)
