"""The production stack takes pushes, on the local cloud: its state and passphrase are its own."""

import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest
import yaml

from infra.localcloud.accounts import CLOUDFLARE, SERVERS, TURSO, UPSTASH
from tests.support.clone import Clone
from tests.support.pusher import Pusher, parts

pytestmark = [pytest.mark.slow, pytest.mark.chaos, pytest.mark.timeout(900)]

SECRETS = {
    "cloudflare:apiToken": CLOUDFLARE.token,
    "shoreline:tursoToken": TURSO.token,
    "shoreline:upstashApiKey": UPSTASH.api_key,
    "shoreline:sshKey": SERVERS.client_key,
}
OF_THIS_MACHINE = ("HOME", "PATH")
"""The server is a folder on it."""


class Production(Clone):
    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.bucket, self.passphrase = folder / "bucket", secrets.token_urlsafe()
        self.bucket.mkdir()
        (folder / "passphrase").write_text(f"{self.passphrase}\n")
        (folder / "key").touch(0o600)
        (folder / "key").write_text(SERVERS.client_key)
        self._configure()

    @property
    def environment(self) -> dict[str, str]:
        return {
            **super().environment,
            "PULUMI_STACK": "prod",
            "PULUMI_BACKEND_URL": self.bucket.as_uri(),
            "PULUMI_CONFIG_PASSPHRASE_FILE": str(self.folder / "passphrase"),
        }

    @property
    def settings(self) -> dict[str, Any]:
        """But for the secrets, those of the dev stack: they lead to the local cloud."""
        config = yaml.safe_load(self.stack_file.read_text())["config"]
        return {key: value for key, value in config.items() if key not in SECRETS}

    def _configure(self) -> None:
        (self.folder / "Pulumi.prod.yaml").write_text(yaml.safe_dump({"config": self.settings}))
        self.pulumi("stack", "init", "prod", "--secrets-provider", "passphrase")
        for key, text in SECRETS.items():
            done = self.run_with_input(text, "pulumi", "config", "set", "--secret", "--raw", key)
            assert done.returncode == 0, done.stderr


@pytest.fixture
def production(tmp_path: Path) -> Iterator[Production]:
    production = Production(tmp_path / "clone")
    try:
        production.localcloud("up")
        yield production
    finally:
        production.close()


def test_after_accept_pushes_a_push_deploys_with_what_was_handed_over(production: Production) -> None:
    [server] = production.settings["shoreline:servers"]
    (production.folder / "hosts").write_text(f"[127.0.0.1]:{server['port']} {server['hostKey']}\n")
    ssh = f"ssh -i {production.folder}/key -o UserKnownHostsFile={production.folder}/hosts"
    pusher = Pusher(production)
    refused = production.attempt("python3", "-m", "infra.cli", "accept-pushes")
    assert refused.returncode == 1 and "Run `pulumi up` first" in refused.stderr

    production.pulumi("up", "--yes", "--skip-preview")
    handed_over = [word for name in OF_THIS_MACHINE for word in ("--hand-over", name)]
    said = production.shoreline("accept-pushes", *handed_over)
    pusher.git("config", "core.sshCommand", ssh)
    pusher.git(*next(line for line in said.splitlines() if line.startswith("git remote add ")).split()[1:])
    environment = pusher.home / "delivery" / "environment.json"
    assert environment.stat().st_mode & 0o777 == 0o600 and production.passphrase in environment.read_text()

    pusher.append("services/api/app.py", "\n# pushed\n")
    commit = pusher.commit("To production")
    seen = set()
    with production.start("git", "push", "prod", "main") as pushing:
        assert pushing.stdout is not None
        told = ""
        for line in pushing.stdout:
            told += line
            seen |= {
                word for process in psutil.process_iter(["cmdline"]) for word in process.info["cmdline"] or ()
            }
    assert pushing.returncode == 0, told
    print(parts(told))
    made, pushed = pusher.releases()
    assert (made.subject, made.result) == ("pulumi up", "deployed")
    assert (pushed.commit, pushed.result, pushed.before) == (commit, "deployed", made.serving)
    secret = (production.passphrase, *SECRETS.values())
    assert not any(text in word for text in secret for word in seen)
    kept = [path.read_text(errors="replace") for path in production.bucket.rglob("*") if path.is_file()]
    assert kept and not any(text in content for text in secret for content in kept)
    production.pulumi("preview", "--expect-no-changes")
