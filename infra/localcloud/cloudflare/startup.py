"""Starts a version's code in a workerd of its own: code that does not start is refused with 10021."""

import asyncio
import base64
import contextlib
import json
import os
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import psutil

from infra.localcloud.cloudflare import workerd
from infra.localcloud.cloudflare.errors import ApiError
from infra.localcloud.process import die_with
from infra.vendors.cloudflare_limits import STARTUP_MS

DEADLINE_SECONDS = 20.0
"""Of wall time, for a machine under load; the limit itself is CPU time."""
MESSAGE_BYTES = 4_000
_FIELDS = {
    "js": "esModule",
    "cjs": "commonJsModule",
    "text": "text",
    "json": "json",
    "data": "data",
    "wasm": "wasm",
}


async def check_startup(code: dict[str, Any], folder: Path) -> int:
    """Milliseconds of CPU that workerd took to start with this code. Raises 10021 with workerd's message."""
    with tempfile.TemporaryDirectory(prefix="check-", dir=folder) as scratch:
        config = Path(scratch) / "check.capnp"
        with os.fdopen(os.open(config, os.O_CREAT | os.O_WRONLY | os.O_EXCL, 0o600), "w") as file:
            file.write(_config(code))
        return await _run(config)


async def _run(config: Path) -> int:
    listening, tell = os.pipe()
    child = await asyncio.create_subprocess_exec(
        str(workerd.workerd_binary()),
        "serve",
        f"--control-fd={tell}",
        str(config),
        pass_fds=[tell],
        cwd=config.parent,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
        preexec_fn=die_with(os.getpid()),
    )
    os.close(tell)
    try:
        if not await _listens(listening):
            raise _refused(await _message(child))
        times = psutil.Process(child.pid).cpu_times()
    finally:
        os.close(listening)
        with contextlib.suppress(ProcessLookupError):
            child.kill()
        await child.wait()
    milliseconds = round((times.user + times.system) * 1000)
    if milliseconds > STARTUP_MS.paid:
        raise _refused("Script startup exceeded CPU time limit.")
    return milliseconds


async def _listens(pipe: int) -> bool:
    """True once workerd says that it listens; False when it ends or says nothing in time."""
    said = asyncio.Event()
    loop = asyncio.get_running_loop()
    content = b""

    def read() -> None:
        nonlocal content
        content = os.read(pipe, 4096)
        said.set()

    loop.add_reader(pipe, read)
    try:
        await asyncio.wait_for(said.wait(), DEADLINE_SECONDS)
    except TimeoutError:
        return False
    finally:
        loop.remove_reader(pipe)
    return b'"listen"' in content


async def _message(child: asyncio.subprocess.Process) -> str:
    assert child.stderr is not None
    try:
        text = (await asyncio.wait_for(child.stderr.read(), 1.0)).decode("utf-8", "replace")
    except TimeoutError:
        return "Script startup timed out."
    return text.replace("service main: ", "").strip()[:MESSAGE_BYTES] or "The script did not start."


def _refused(message: str) -> ApiError:
    return ApiError(400, 10021, message)


def _config(code: dict[str, Any]) -> str:
    main = workerd.struct(
        {
            "modules": workerd.listing(_modules(code)),
            "compatibilityDate": workerd.text(code["compatibilityDate"]),
            "compatibilityFlags": workerd.listing(map(workerd.text, code["compatibilityFlags"])),
            "bindings": workerd.listing(map(_binding, code["bindings"])),
        }
    )
    socket = {"name": '"main"', "address": '"127.0.0.1:0"', "http": "()", "service": '"main"'}
    nothing = '(modules = [(name = "n", esModule = "export default {}")], compatibilityDate = "2026-10-15")'
    return workerd.config({"main": {"worker": main}, "nothing": {"worker": nothing}}, [socket])


def _modules(code: dict[str, Any]) -> Iterable[str]:
    """The main module first, as workerd wants it."""
    for module in sorted(code["modules"], key=lambda module: module["name"] != code["mainModule"]):
        body = module["body"]
        literal = workerd.data(_bytes(body)) if module["kind"] in ("data", "wasm") else workerd.text(body)
        yield workerd.struct({"name": workerd.text(module["name"]), _FIELDS[module["kind"]]: literal})


def _bytes(body: str) -> bytes:
    return base64.b64decode(body)


def _binding(binding: dict[str, Any]) -> str:
    value = (
        {"json": workerd.text(json.dumps(binding["value"]))}
        if binding["type"] == "value"
        else {"service": workerd.text("nothing")}
    )
    return workerd.struct({"name": workerd.text(binding["name"]), **value})
