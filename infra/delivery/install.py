"""What makes `git push shoreline main` deploy: the repository and its hook on the server, a remote here."""

import asyncio
import json
import os
import subprocess
from collections.abc import Mapping
from pathlib import Path

import asyncssh

from infra.cli import engine
from infra.cli.remote import Remote
from infra.cli.steps import say
from infra.delivery import receive
from infra.paths import LOCAL, ROOT

REMOTE = "shoreline"
FOLDER = LOCAL / "ssh"
_PREPARE = (
    "umask 077 && mkdir -p delivery && "
    "git -c init.defaultBranch=main init --quiet --bare shoreline.git && rm -f shoreline.git/hooks/*.sample"
)
_HOOK = "shoreline.git/hooks/pre-receive"
_PASSED = ("HOME", "LANG", "PULUMI_BACKEND_URL", "PULUMI_STACK")
_PASSED_PREFIXES = ("PIP_", "UV_", "NPM_CONFIG_", "npm_config_", "NODE_EXTRA_", "SSL_CERT_", "XDG_CACHE_")
"""Where this machine has its packages from: the local server is a folder on it."""


def hook() -> str:
    return f"#!/usr/bin/env python3\n{Path(receive.__file__).read_text('utf-8')}"


def install() -> None:
    """Idempotent. Nothing where this is no clone. Raises UserError."""
    if not (ROOT / ".git").exists():
        return
    remote = Remote.all()[0]
    asyncio.run(_prepare(remote))
    write_ssh(remote)
    add_remote()


async def _prepare(remote: Remote) -> None:
    """Raises UserError."""
    async with remote.connected() as connection:
        await connection.run(_PREPARE, check=True)
        async with connection.start_sftp_client() as files:
            await _write(files, "delivery/environment.json", json.dumps(environment(os.environ)), 0o600)
            await _write(files, _HOOK, hook(), 0o700)


async def _write(files: asyncssh.SFTPClient, path: str, text: str, mode: int) -> None:
    """Whole or not at all, as a push may run it now."""
    async with files.open(f"{path}.incoming", "w", attrs=asyncssh.SFTPAttrs(permissions=mode)) as file:
        await file.write(text)
    await files.posix_rename(f"{path}.incoming", path)


def environment(environ: Mapping[str, str]) -> dict[str, str]:
    """The variables of a deploy: the stack and its state, and where the tools have their packages from."""
    path = [entry for entry in environ.get("PATH", "").split(":") if not entry.startswith(str(ROOT))]
    passed = {
        name: value for name, value in environ.items() if name in _PASSED or name.startswith(_PASSED_PREFIXES)
    }
    return {**passed, "PATH": ":".join(path), "PULUMI_BACKEND_URL": engine.backend()}


def write_ssh(remote: Remote) -> None:
    """A key and a configuration for ssh that adds one host to the user's own."""
    server = remote.server
    FOLDER.mkdir(mode=0o700, parents=True, exist_ok=True)
    key, hosts = FOLDER / "key", FOLDER / "known_hosts"
    key.unlink(missing_ok=True)
    key.touch(0o600)
    key.write_text(remote.key)
    hosts.write_text(f"{alias()} {server.host_key}\n")
    (FOLDER / "config").write_text(f"""\
Host {alias()}
  HostName {server.host}
  Port {server.port}
  User {server.user}
  HostKeyAlias {alias()}
  IdentityFile "{key}"
  IdentitiesOnly yes
  IdentityAgent none
  UserKnownHostsFile "{hosts}"
  StrictHostKeyChecking yes
  BatchMode yes
Match all
Include ~/.ssh/config
Include /etc/ssh/ssh_config
""")


def alias() -> str:
    return f"{REMOTE}-{engine.STACK}"


def add_remote() -> None:
    """Names of the user's own are left alone."""
    command = f"ssh -F '{FOLDER / 'config'}'"
    for name, value in ((f"remote.{REMOTE}.url", f"{alias()}:shoreline.git"), ("core.sshCommand", command)):
        found = _git("config", "--get", name)
        if not found:
            _git("config", name, value)
        elif found != value:
            say(f"  git's {name} is {found!r} and left as it is: `git push {REMOTE}` needs {value!r}")
    if not _git("config", "--get", f"remote.{REMOTE}.fetch"):
        _git("config", f"remote.{REMOTE}.fetch", f"+refs/heads/*:refs/remotes/{REMOTE}/*")


def _git(*words: str) -> str:
    done = subprocess.run(["git", *words], cwd=ROOT, capture_output=True, text=True, check=False)
    return done.stdout.strip()
