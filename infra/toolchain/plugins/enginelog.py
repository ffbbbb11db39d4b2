"""Lines of a plugin in the engine's output."""

from contextlib import suppress

import grpc
from pulumi.runtime.proto import engine_pb2
from pulumi.runtime.proto.engine_pb2_grpc import EngineStub


class EngineLog:
    """Writes lines into the engine's output. Without an engine there is nobody to tell."""

    def __init__(self, address: str | None) -> None:
        self._stub: EngineStub | None = None
        if address:
            self.attach(address)

    def attach(self, address: str) -> None:
        self._stub = EngineStub(grpc.insecure_channel(address))

    def info(self, message: str, urn: str = "") -> None:
        """One line, of the resource `urn` if it is given."""
        if self._stub is not None:
            request = engine_pb2.LogRequest(severity=engine_pb2.INFO, message=message, urn=urn)
            with suppress(grpc.RpcError):
                self._stub.Log(request, timeout=5)
