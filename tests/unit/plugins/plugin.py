"""The plugin as its own process, driven over gRPC as the engine drives it."""

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Self

import grpc
from google.protobuf.empty_pb2 import Empty
from pulumi.runtime.proto import provider_pb2
from pulumi.runtime.proto.engine_pb2_grpc import EngineServicer, add_EngineServicer_to_server
from pulumi.runtime.proto.provider_pb2_grpc import ResourceProviderStub

from infra.toolchain.plugins.values import Decoded, Secrets, Values, decode, encode

ROOT = Path(__file__).parents[3]
NOTHING = Secrets()


class PluginError(Exception):
    """What the engine would print."""


class _Engine(EngineServicer):
    def __init__(self) -> None:
        self.lines: list[str] = []

    def Log(self, request: Any, context: Any) -> Empty:  # noqa: N802 - the protocol's name
        self.lines.append(request.message)
        return Empty()


class Plugin:
    """The running plugin `name` with its working directory; `lines` is what it wrote to the engine."""

    def __init__(self, directory: Path, name: str = "cloudflare") -> None:
        self._engine = _Engine()
        self._log = grpc.server(ThreadPoolExecutor(1))
        add_EngineServicer_to_server(self._engine, self._log)
        port = self._log.add_insecure_port("127.0.0.1:0")
        self._log.start()
        self.process = subprocess.Popen(
            [sys.executable, "-m", f"infra.toolchain.plugins.{name}", f"127.0.0.1:{port}"],
            cwd=directory,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert self.process.stdout is not None
        announced = self.process.stdout.readline()
        if not announced:
            raise PluginError(self.process.communicate(timeout=30)[1])
        self._channel = grpc.insecure_channel(f"127.0.0.1:{int(announced)}")
        self._stub = ResourceProviderStub(self._channel)

    @property
    def lines(self) -> list[str]:
        return self._engine.lines

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.process.terminate()
        self.errors = self.process.communicate(timeout=30)[1]
        self._channel.close()
        self._log.stop(0).wait()

    def call(self, method: str, request: Any) -> Any:
        """One call. Raises PluginError with the message the engine would print."""
        try:
            return getattr(self._stub, method)(request, timeout=60)
        except grpc.RpcError as error:
            raise PluginError(error.details()) from None

    def configure(self, **config: str) -> None:
        self.call("Configure", provider_pb2.ConfigureRequest(args=encode(config, NOTHING)))

    def check(self, token: str, inputs: Values, secrets: Secrets = NOTHING) -> Decoded:
        """The checked inputs. Raises PluginError with the failures."""
        request = provider_pb2.CheckRequest(urn=_urn(token), news=encode(inputs, secrets))
        answer = self.call("Check", request)
        if answer.failures:
            raise PluginError("; ".join(f"{found.property}: {found.reason}" for found in answer.failures))
        return decode(answer.inputs)

    def create(self, token: str, inputs: Values, secrets: Secrets = NOTHING, *, preview: bool = False) -> Any:
        """CreateResponse."""
        properties = encode(inputs, secrets)
        return self.call(
            "Create", provider_pb2.CreateRequest(urn=_urn(token), properties=properties, preview=preview)
        )

    def read(
        self, token: str, identity: str, state: Values, inputs: Values, secrets: Secrets = NOTHING
    ) -> Any:
        """ReadResponse."""
        request = provider_pb2.ReadRequest(
            id=identity, urn=_urn(token), properties=encode(state, secrets), inputs=encode(inputs, secrets)
        )
        return self.call("Read", request)

    def update(self, token: str, identity: str, state: Values, inputs: Values) -> Values:
        """The new outputs."""
        request = provider_pb2.UpdateRequest(
            id=identity, urn=_urn(token), olds=encode(state, NOTHING), news=encode(inputs, NOTHING)
        )
        return decode(self.call("Update", request).properties).values

    def diff(self, token: str, state: Values, old: Values, new: Values) -> Any:
        """DiffResponse."""
        request = provider_pb2.DiffRequest(
            id="x",
            urn=_urn(token),
            olds=encode(state, NOTHING),
            old_inputs=encode(old, NOTHING),
            news=encode(new, NOTHING),
        )
        return self.call("Diff", request)

    def delete(self, token: str, identity: str, state: Values) -> None:
        properties = encode(state, NOTHING)
        self.call("Delete", provider_pb2.DeleteRequest(id=identity, urn=_urn(token), properties=properties))


def _urn(token: str) -> str:
    return f"urn:pulumi:dev::shoreline::shoreline:edge:Edge${token}::name"
