"""Ports that are taken: by whom, and which setting asks for them."""

import contextlib
import socket
from pathlib import Path

import psutil

from infra.errors import UserError
from infra.localcloud.endpoints import Address, Endpoints

COMMAND_LENGTH = 100
DAEMON = "infra.localcloud.daemon"


def listening(address: Address, *, backlog: int = 0) -> socket.socket:
    """A socket bound to the address, listening if a backlog is given. Raises OSError if it is taken."""
    family = socket.AF_INET6 if ":" in address.host else socket.AF_INET
    # asyncio turns Nagle's algorithm off (40 ms an answer otherwise) only where the protocol is named.
    bound = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind((address.host, address.port))
        if backlog:
            bound.listen(backlog)
    except OSError:
        bound.close()
        raise
    return bound


def taken(endpoints: Endpoints) -> list[UserError]:
    """One mistake for each configured address that cannot be listened on; one for all that a cloud has."""
    mistakes = []
    clouds: dict[Path, list[str]] = {}
    for setting, address in endpoints.settings().items():
        try:
            listening(address, backlog=1).close()
        except OSError as error:
            pid = _holder(address.port)
            if pid is not None and (cloud := _cloud(pid)):
                clouds.setdefault(cloud, []).append(str(address.port))
                continue
            reason = f"cannot be had: {error.strerror}"
            problem = f"is taken by pid {pid} ({_command(pid)})" if pid else reason
            mistakes.append(
                UserError(
                    f"{setting} in {endpoints.config_file.name}",
                    f"port {address.port} of {address.host} {problem}",
                    "stop that process, or give this setting another port",
                )
            )
    return mistakes + [
        UserError(
            endpoints.config_file.name,
            f"another clone's local cloud has the port(s) {', '.join(held)}: {cloud}",
            "run `make down` in that clone, or give the settings of this one other ports",
        )
        for cloud, held in clouds.items()
    ]


def _holder(port: int) -> int | None:
    """The process that listens on the port; None where the system doesn't tell."""
    try:
        connections = psutil.net_connections("tcp")
    except (psutil.Error, OSError):
        return None
    for connection in connections:
        if connection.status == psutil.CONN_LISTEN and connection.laddr and connection.laddr.port == port:
            return connection.pid
    return None


def _cloud(pid: int) -> Path | None:
    """The data folder of the local cloud that the process belongs to."""
    with contextlib.suppress(psutil.Error):
        process = psutil.Process(pid)
        for each in (process, *process.parents()):
            command = each.cmdline()
            if DAEMON in command and "--data" in command:
                return Path(command[command.index("--data") + 1])
    return None


def _command(pid: int) -> str:
    try:
        process = psutil.Process(pid)
        command = " ".join(process.cmdline()) or process.name()
    except psutil.Error:
        return "of another user"
    return command if len(command) <= COMMAND_LENGTH else f"{command[: COMMAND_LENGTH - 3]}..."
