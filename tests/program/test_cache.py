"""The cache under Pulumi mocks: which resource it declares, what is secret, which addresses it gives."""

from collections.abc import Callable
from typing import Any, NoReturn

import pulumi
import pytest
from pulumi.runtime import mocks

from infra.components.cache import Cache
from infra.settings import UpstashSettings

awaited: Callable[[Callable[[], pulumi.Output[Any]]], Callable[[], None]] = mocks.test

SETTINGS = UpstashSettings(email="me@example.com", database="notes-cache", plan="payg", region="us-east-1")
KIND = "pulumi-python:dynamic/upstash:Redis"
ANSWER = {
    "databaseId": "id-1",
    "endpoint": "notes-cache-12345.upstash.io",
    "port": 6379.0,
    "password": "a-password",
    "restToken": "a-token",
    "readOnlyRestToken": "a-reader",
    "tls": True,
}


class Recorder(mocks.Mocks):
    """Answers every creation as the provider does, and keeps the inputs by type, in order."""

    def __init__(self) -> None:
        self.inputs: dict[str, dict[str, Any]] = {}

    def new_resource(self, args: mocks.MockResourceArgs) -> tuple[str | None, dict[str, Any]]:
        self.inputs[args.typ] = args.inputs
        return f"{args.name}-id", args.inputs | (ANSWER if args.typ == KIND else {})

    def call(self, args: mocks.MockCallArgs) -> NoReturn:
        raise AssertionError(f"the program calls {args.token}")


@pytest.fixture
def recorder() -> Recorder:
    recorder = Recorder()
    mocks.set_mocks(recorder, project="shoreline", stack="test", preview=False)
    return recorder


def declare(settings: UpstashSettings = SETTINGS) -> dict[str, Any]:
    """Runs the component to its end and returns its outputs, and of each whether it is a secret."""
    seen: dict[str, Any] = {}
    names = ("rest_url", "rest_token", "read_only_rest_token", "tcp_url")

    @awaited
    def program() -> pulumi.Output[None]:
        cache = Cache("cache", settings)
        outputs = {name: getattr(cache, name) for name in names}
        secret = {f"{name} is secret": pulumi.Output.from_input(outputs[name].is_secret()) for name in names}
        return pulumi.Output.all(**outputs, **secret).apply(seen.update)

    program()
    return seen


def test_one_resource_below_one_component(recorder: Recorder) -> None:
    declare()
    assert list(recorder.inputs) == ["shoreline:index:Cache", KIND]
    given = {name: value for name, value in recorder.inputs[KIND].items() if name != "__provider"}
    assert {name: value for name, value in given.items() if value is not None} == {
        "name": "notes-cache",
        "plan": "payg",
        "region": "us-east-1",
        "eviction": False,
    }


def test_the_outputs_are_addresses_and_secrets(recorder: Recorder) -> None:
    assert declare() == {
        "rest_url": "https://notes-cache-12345.upstash.io",
        "rest_token": "a-token",
        "read_only_rest_token": "a-reader",
        "tcp_url": "rediss://default:a-password@notes-cache-12345.upstash.io:6379",
        "rest_url is secret": False,
        "rest_token is secret": True,
        "read_only_rest_token is secret": True,
        "tcp_url is secret": True,
    }


def test_servers_connect_where_the_settings_say(recorder: Recorder) -> None:
    outputs = declare(SETTINGS.model_copy(update={"tcp": "redis://127.0.0.1"}))
    assert outputs["tcp_url"] == "redis://default:a-password@127.0.0.1:6379"
    assert outputs["rest_url"] == "https://notes-cache-12345.upstash.io"


def test_no_input_holds_an_address_of_the_api_or_the_account(recorder: Recorder) -> None:
    declare()
    assert "api.upstash.com" not in repr(recorder.inputs)
    assert "me@example.com" not in repr(recorder.inputs)
