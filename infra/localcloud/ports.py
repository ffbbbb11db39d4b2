"""Ports that are taken: by whom, and which setting asks for them."""

import socket

import psutil

from infra.errors import UserError
from infra.localcloud.endpoints import Address, Endpoints

COMMAND_LENGTH = 100


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
    """One mistake for each configured address that cannot be listened on."""
    mistakes = []
    for setting, address in endpoints.settings().items():
        try:
            listening(address, backlog=1).close()
        except OSError as error:
            holder = _holder(address.port)
            problem = f"is taken by {holder}" if holder else f"cannot be had: {error.strerror}"
            mistakes.append(
                UserError(
                    f"{setting} in {endpoints.config_file.name}",
                    f"port {address.port} of {address.host} {problem}",
                    "stop that process, or give this setting another port",
                )
            )
    return mistakes


def _holder(port: int) -> str | None:
    """`pid 4711 (python -m http.server 8700)`; None where the system doesn't tell."""
    try:
        connections = psutil.net_connections("tcp")
    except (psutil.Error, OSError):
        return None
    for connection in connections:
        if connection.status != psutil.CONN_LISTEN or not connection.laddr or not connection.pid:
            continue
        if connection.laddr.port == port:
            return f"pid {connection.pid} ({_command(connection.pid)})"
    return None


def _command(pid: int) -> str:
    try:
        process = psutil.Process(pid)
        command = " ".join(process.cmdline()) or process.name()
    except psutil.Error:
        return "of another user"
    return command if len(command) <= COMMAND_LENGTH else f"{command[: COMMAND_LENGTH - 3]}..."
