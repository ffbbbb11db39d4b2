"""A plugin's process: writes its port, serves the engine, and ends with it."""

import os
import signal
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Event
from typing import Final

import grpc
from pulumi.runtime.proto.provider_pb2_grpc import add_ResourceProviderServicer_to_server

from infra.toolchain.plugins.enginelog import EngineLog
from infra.toolchain.plugins.standin import StandIn

_LARGEST: Final = 400 << 20  # bytes of a message, as Pulumi's own SDK has it
_OPTIONS: Final = [(f"grpc.max_{way}_message_length", _LARGEST) for way in ("receive", "send")]
_THREADS: Final = 16
_LAST_CALLS_SECONDS: Final = 20.0


def serve(plugin: Callable[[EngineLog], StandIn]) -> None:
    """Serves until the engine signals or ends."""
    stopping = Event()
    log = EngineLog(sys.argv[1] if len(sys.argv) > 1 else None)
    server = grpc.server(ThreadPoolExecutor(_THREADS), options=_OPTIONS)
    add_ResourceProviderServicer_to_server(plugin(log), server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stopping.set())
    # Before the port is told: a parent that ends later is noticed, one that has ended closed the pipe.
    parent = os.getppid()
    try:
        print(port, flush=True)
    except BrokenPipeError:
        stopping.set()
    _wait(stopping, parent)
    # A call under way is finished, so that the engine can record what it created.
    server.stop(_LAST_CALLS_SECONDS).wait()


def _wait(stopping: Event, parent: int) -> None:
    """Returns when asked to stop or when the process that started this one is gone."""
    while not stopping.wait(1.0):
        if os.getppid() != parent:
            return
