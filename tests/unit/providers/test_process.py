"""The providers in their own process, spoken to as the engine does."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import grpc
import pytest
from google.protobuf import struct_pb2
from pulumi.dynamic.dynamic import serialize_provider
from pulumi.runtime.proto import provider_pb2, provider_pb2_grpc

from infra.providers.turso.group import GroupProvider
from infra.providers.turso.platform import Platform
from tests.support.process import DEADLINE

SETTINGS = (
    '{"api": "http://127.0.0.1:1", "organization": "o", "group": "g", "location": "aws-us-east-1",'
    ' "database": "d"}'
)
CONFIG = {"shoreline:turso": SETTINGS, "shoreline:tursoToken": "planted-token"}


@dataclass(frozen=True)
class Plugin:
    process: subprocess.Popen[bytes]
    provider: Any

    def create(self) -> provider_pb2.CreateResponse:
        inputs = {"__provider": serialize_provider(GroupProvider()), "name": "g", "location": "aws-us-east-1"}
        request = provider_pb2.CreateRequest(properties=struct(inputs))
        answer = self.provider.Create(request, timeout=DEADLINE)
        assert isinstance(answer, provider_pb2.CreateResponse)
        return answer


def struct(values: dict[str, Any]) -> struct_pb2.Struct:
    message = struct_pb2.Struct()
    message.update(values)
    return message


@pytest.fixture
def plugin(tmp_path: Path) -> Iterator[Plugin]:
    with started(tmp_path / "stderr") as plugin:
        yield plugin


@contextmanager
def started(stderr: Path) -> Iterator[Plugin]:
    with stderr.open("wb") as errors:
        process = subprocess.Popen(
            [sys.executable, "-u", "-m", "pulumi.dynamic", "127.0.0.1:1"],
            stdout=subprocess.PIPE,
            stderr=errors,
        )
    assert process.stdout is not None
    try:
        port = int(process.stdout.readline())
        with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
            provider = provider_pb2_grpc.ResourceProviderStub(channel)
            provider.Configure(provider_pb2.ConfigureRequest(args=struct(CONFIG)), timeout=DEADLINE)
            yield Plugin(process, provider)
    finally:
        process.stdout.close()
        process.kill()
        process.wait()


def test_a_users_mistake_reaches_the_engine_as_one_line_without_a_traceback(
    plugin: Plugin, tmp_path: Path
) -> None:
    with pytest.raises(grpc.RpcError) as caught:
        plugin.create()
    assert caught.value.details() == (
        "Exception calling application: shoreline:turso.api: http://127.0.0.1:1 cannot be reached (Connection"
        " refused). Check the address and the network; `make up` starts the dev stack's local cloud"
    )
    assert (tmp_path / "stderr").read_text() == ""


def test_the_process_ends_with_the_engine(plugin: Plugin) -> None:
    with pytest.raises(grpc.RpcError):
        plugin.create()
    assert plugin.process.poll() is None
    assert plugin.process.stdout is not None
    plugin.process.stdout.close()
    assert plugin.process.wait(DEADLINE) == 1


def test_settings_are_taken_as_object_or_as_text() -> None:
    assert Platform.configured(CONFIG).settings.database == "d"
    as_object = CONFIG | {
        "shoreline:turso": {"organization": "o", "group": "g", "location": "l", "database": "d"}
    }
    assert Platform.configured(as_object).settings.api == "https://api.turso.tech"
