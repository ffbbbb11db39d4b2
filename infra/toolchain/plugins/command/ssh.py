"""SSH connections, and their failures as one message each."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, Final

from infra.errors import UserError
from infra.toolchain.plugins.command.connection import Connection

if TYPE_CHECKING:
    from asyncssh import SSHClientConnection, SSHKey

# The waits of the official plugin (util/retry of Pulumi's SDK).
_FIRST_WAIT: Final = 0.1
_WAIT_FACTOR: Final = 1.5
_LONGEST_WAIT: Final = 5.0
_KEEPALIVE_SECONDS: Final = 15


class _RefusedError(UserError):
    """The host answered, and another attempt would end the same."""


@asynccontextmanager
async def connected(connection: Connection) -> AsyncIterator["SSHClientConnection"]:
    """An open connection, dialled again while that may help. Raises UserError."""
    client = await _dial_until(connection)
    async with client:
        yield client


async def _dial_until(connection: Connection) -> "SSHClientConnection":
    wait, failed = _FIRST_WAIT, 0
    while True:
        try:
            return await _dial(connection)
        except (OSError, TimeoutError) as error:
            failed += 1
            if not connection.forgives(failed):
                raise _unreachable(connection, failed, error) from None
        await asyncio.sleep(wait)
        wait = min(wait * _WAIT_FACTOR, _LONGEST_WAIT)


async def _dial(connection: Connection) -> "SSHClientConnection":
    """One attempt. Raises OSError or TimeoutError where another may succeed, else UserError."""
    import asyncssh

    seen: list[SSHKey] = []

    class Client(asyncssh.SSHClient):
        def validate_host_public_key(self, host: str, addr: str, port: int, key: "SSHKey") -> bool:
            seen.append(key)
            return False

    options = _options(connection)
    try:
        async with asyncio.timeout(connection.per_dial_timeout or None):
            return await asyncssh.connect(
                connection.host, connection.port, client_factory=Client, config=None, **options
            )
    except (asyncssh.HostKeyNotVerifiable, asyncssh.KeyExchangeFailed) as error:
        raise _other_host(connection, seen, error) from None
    except asyncssh.PermissionDenied:
        what = f"the host refuses the key of user {connection.user}"
        remedy = "Add the public key to the user's ~/.ssh/authorized_keys, or correct user and key."
        raise _RefusedError(str(connection), what, remedy) from None
    except asyncssh.DisconnectError as error:
        raise OSError(error.reason or type(error).__name__) from None


def _options(connection: Connection) -> dict[str, Any]:

    return {
        "username": connection.user,
        "client_keys": [_private_key(connection)] if connection.private_key else None,
        "password": connection.password,
        # Like the official plugin: a host key that isn't given isn't checked.
        "known_hosts": ([_host_key(connection)], [], []) if connection.host_key else None,
        "agent_path": None,
        "keepalive_interval": _KEEPALIVE_SECONDS,
    }


def _private_key(connection: Connection) -> "SSHKey":
    import asyncssh

    try:
        return asyncssh.import_private_key(connection.private_key or "", connection.private_key_password)
    except (asyncssh.KeyImportError, asyncssh.KeyEncryptionError):
        what = "the private key can't be read"
        remedy = "Give it as OpenSSH writes it, with `-----BEGIN OPENSSH PRIVATE KEY-----` and its line ends."
        raise _RefusedError(str(connection), what, remedy) from None


def _host_key(connection: Connection) -> "SSHKey":
    import asyncssh

    try:
        return asyncssh.import_public_key(connection.host_key or "")
    except asyncssh.KeyImportError:
        what = f"the pinned host key can't be read: {connection.host_key}"
        remedy = (
            f"Write it as `ssh-keyscan -p {connection.port} {connection.host}` does, from the algorithm on."
        )
        raise _RefusedError(str(connection), what, remedy) from None


def _other_host(connection: Connection, seen: list["SSHKey"], error: Exception) -> UserError:
    shown = f"presents {seen[0].get_algorithm()} {seen[0].get_fingerprint()}" if seen else str(error)
    what = f"the host's key is not the pinned one ({shown})"
    remedy = (
        "Nothing was sent. If the host was rebuilt, pin its new key; otherwise another machine answers there."
    )
    return _RefusedError(str(connection), what, remedy)


def _unreachable(connection: Connection, dials: int, error: Exception) -> UserError:
    reason = "timed out" if isinstance(error, TimeoutError) else _reason(error)
    attempts = "one attempt" if dials == 1 else f"{dials} attempts"
    what = f"no SSH connection after {attempts} ({reason})"
    return UserError(str(connection), what, "Check host and port, and that the server runs.")


def _reason(error: Exception) -> str:
    text = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    return text.lower() or type(error).__name__
