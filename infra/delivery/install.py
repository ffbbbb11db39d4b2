"""What makes a server take pushes: a repository with a hook, and what a deploy needs to know there."""

import asyncio
import json
from collections.abc import Collection, Mapping
from urllib.parse import unquote, urlsplit

import asyncssh

from infra.cli.remote import Remote
from infra.delivery.adoption import adopt
from infra.delivery.trees import hook
from infra.errors import UserError
from infra.paths import ROOT

_PREPARE = (
    "umask 077 && mkdir -p delivery/releases && "
    "git -c init.defaultBranch=main init --quiet --bare shoreline.git && rm -f shoreline.git/hooks/*.sample"
)
_HOOK = "shoreline.git/hooks/pre-receive"
_NEEDED = ("PULUMI_STACK", "PULUMI_BACKEND_URL")
_STATE = (
    *_NEEDED,
    "PULUMI_CONFIG_PASSPHRASE",
    "PULUMI_ACCESS_TOKEN",
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_REGION",
    "AZURE_STORAGE_ACCOUNT",
    "AZURE_STORAGE_KEY",
    "GOOGLE_CREDENTIALS",
)
"""The stack, and what opens its state (Pulumi docs, state and backends, 2026-11)."""
_PASSPHRASE_FILE = "PULUMI_CONFIG_PASSPHRASE_FILE"  # noqa: S105 - its name


def install(remote: Remote, variables: Mapping[str, str], brought_up_by: str) -> None:
    """Idempotent. What was brought up from this folder is the release to go back to. Raises UserError."""
    asyncio.run(_install(remote, variables, brought_up_by))


async def _install(remote: Remote, variables: Mapping[str, str], brought_up_by: str) -> None:
    async with remote.connected() as connection, connection.start_sftp_client() as files:
        await _refuse_another_state(files, variables["PULUMI_BACKEND_URL"])
        await connection.run(_PREPARE, check=True)
        adopted = await adopt(connection, brought_up_by)
        await _write(files, "delivery/environment.json", json.dumps(variables), 0o600)
        await _write(files, _HOOK, hook(), 0o700)
        if adopted is not None:
            await _write(files, *adopted, 0o600)


async def _refuse_another_state(files: asyncssh.SFTPClient, backend: str) -> None:
    """Raises UserError for a state in a folder that the server doesn't have."""
    parts = urlsplit(backend)
    if parts.scheme == "file" and not await files.isdir(unquote(parts.path)):
        remedy = "Move the state to a backend that both reach (docs/production.md, 2)"
        raise UserError("PULUMI_BACKEND_URL", f"{backend} is a folder that the server doesn't have", remedy)


async def _write(files: asyncssh.SFTPClient, path: str, text: str, mode: int) -> None:
    """Whole or not at all, as a push may run it now."""
    async with files.open(f"{path}.incoming", "w", attrs=asyncssh.SFTPAttrs(permissions=mode)) as file:
        await file.write(text)
    await files.posix_rename(f"{path}.incoming", path)


def variables(environ: Mapping[str, str], also: Collection[str] = ()) -> dict[str, str]:
    """The variables of a deploy: the stack and what opens its state, and those named in `also`.

    Raises UserError.
    """
    if missing := [name for name in (*_NEEDED, *also) if name not in environ]:
        raise UserError(missing[0], "is not set in this shell", "Export it, or leave it out")
    found = {name: environ[name] for name in (*_STATE, *also) if name in environ}
    if "PULUMI_CONFIG_PASSPHRASE" not in found and (file := environ.get(_PASSPHRASE_FILE)):
        found["PULUMI_CONFIG_PASSPHRASE"] = (ROOT / file).read_text("utf-8").strip()
    return found
