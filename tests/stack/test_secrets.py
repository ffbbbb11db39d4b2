"""Known secrets are planted, and looked for in the state, the logs, `ps` and the printed output."""

import json
import secrets
import stat
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import asyncssh
import httpx
import psutil
import pytest

from infra.localcloud import accounts
from infra.settings import SECRETS
from tests.support.clone import Clone

pytestmark = pytest.mark.slow

SECRET = ("_TOKEN", "_KEYS", "_PASSWORD", "REDIS_URL", "PASSPHRASE")
NEEDED = {
    "api": {"DATABASE_TOKEN", "REDIS_URL", "EDGE_KEYS", "SESSION_KEYS"},
    "realtime": {"DATABASE_TOKEN", "REDIS_URL", "EDGE_KEYS"},
    "jobs": {"DATABASE_TOKEN", "REDIS_URL"},
    "front": {"REDIS_URL", "EDGE_KEYS", "SESSION_KEYS"},
}
"""The secrets of each service."""


def plant(clone: Clone) -> list[str]:
    """Gives the local cloud's accounts and the stack fresh tokens, and returns them."""
    file = clone.folder / "infra" / "localcloud" / "accounts.py"
    text = file.read_text()
    planted = []
    for old in (accounts.CLOUDFLARE.token, accounts.TURSO.token, accounts.UPSTASH.api_key):
        planted.append(f"planted-{secrets.token_hex(16)}")
        text = text.replace(old, planted[-1])
    key = asyncssh.generate_private_key("ssh-ed25519")
    planted.append(key.export_private_key().decode())
    text = text.replace(accounts.SERVERS.client_key, planted[-1])
    text = text.replace(accounts.SERVERS.client_public_key, key.export_public_key().decode().strip())
    file.write_text(text)
    return planted


def telling(secret: str) -> str:
    """The part of a secret to look for: of a key its innermost line."""
    lines = secret.strip().splitlines()
    return lines[len(lines) // 2]


@contextmanager
def command_lines_watched() -> Iterator[set[str]]:
    """Collects every command line that any process of this machine has meanwhile."""
    seen: set[str] = set()
    stop = threading.Event()

    def watch() -> None:
        while not stop.wait(0.02):
            for process in psutil.process_iter():
                try:
                    seen.add(" ".join(process.cmdline()))
                except (psutil.NoSuchProcess, psutil.AccessDenied, psutil.ZombieProcess):
                    continue

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        yield seen
    finally:
        stop.set()
        watcher.join()


def files_that_hold(folder: Path, secret: str) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file() and secret.encode() in path.read_bytes()]


def given_out(clone: Clone) -> list[str]:
    """The secrets that the vendors made, which only the Worker and the providers should see."""
    exported = json.loads(clone.attempt("pulumi", "stack", "export", "--show-secrets").stdout)
    outputs = {
        resource["urn"].rsplit("::", 1)[-1]: resource.get("outputs", {})
        for resource in exported["deployment"]["resources"]
    }
    found = [
        outputs["notes-token"]["jwt"],
        *(outputs["cache-redis"][name] for name in ("password", "restToken", "readOnlyRestToken")),
        outputs["vps-1-tunnel-secret"]["value"],
        *(outputs[name]["text"] for name in ("edge-keys", "session-keys")),
    ]
    return [secret for each in found for secret in json.loads(each["plaintext"]).split(",")]


def known(clone: Clone, service: str) -> set[str]:
    """The names of the secrets that the service's process was started with."""
    [process] = [
        each
        for each in psutil.process_iter(["cmdline", "cwd"])
        if (each.info["cmdline"] or [])[-2:] == ["-m", f"services.{service}"]
        and Path(each.info["cwd"] or "/").is_relative_to(clone.folder)
    ]
    return {name for name in process.environ() if name.endswith(SECRET)}


def test_planted_secrets_are_nowhere_in_plain_text(clone: Clone) -> None:
    planted = plant(clone)
    printed = [clone.pulumi("stack", "init", "dev")]
    for key, value in zip(SECRETS, planted, strict=True):
        done = clone.run_with_input(value, "pulumi", "config", "set", "--secret", "--raw", key)
        assert done.returncode == 0, done.stderr
    with command_lines_watched() as command_lines:
        printed.append(clone.shoreline("up"))
        printed.append(clone.run(sys.executable, "-m", "infra.cli", "up"))
    assert httpx.get(f"{clone.url}/api/notes").status_code == 200
    printed.append(clone.pulumi("stack", "export"))
    printed.append(clone.pulumi("stack", "output", "--json"))
    printed.append(clone.localcloud("logs"))

    local = clone.folder / ".shoreline"
    for secret in map(telling, [*planted, *given_out(clone)]):
        assert files_that_hold(local / "state", secret) == []
        assert files_that_hold(local / "cloud" / "logs", secret) == []
        assert [line for line in command_lines if secret in line] == []
        assert not any(secret in text for text in printed)
    assert (local / "cloud").stat().st_mode & 0o077 == 0
    home = local / "cloud" / "servers" / "vps-1" / "home" / "shoreline"
    environments = [*home.glob("*.environment"), *home.glob("releases/*/environment/*")]
    assert {path.name for path in environments} == {"proxy.environment", "tunnel.environment", *NEEDED}
    assert {stat.S_IMODE(path.stat().st_mode) for path in environments} == {0o600}
    assert {service: known(clone, service) for service in NEEDED} == NEEDED
