"""`make up`: the local cloud, whatever a killed run left, one update, and a URL that answers."""

import os
import subprocess
import sys
import time
from collections.abc import Mapping

import httpx

from infra.cli import engine, recovery, resources
from infra.cli.remote import Remote
from infra.cli.steps import say, step
from infra.delivery.clone import add_remote, write_ssh
from infra.delivery.install import install, variables
from infra.errors import UserError
from infra.paths import ROOT

STACK = "dev"
"""The one that the local cloud is for."""
_OF_THIS_MACHINE = ("HOME", "LANG", "PATH")
_OF_THIS_MACHINE_PREFIXES = (
    "PIP_",
    "UV_",
    "NPM_CONFIG_",
    "npm_config_",
    "NODE_EXTRA_",
    "SSL_CERT_",
    "XDG_CACHE_",
)
_ANSWER_SECONDS = 15.0


def up() -> None:
    started = time.monotonic()
    start_local_cloud()
    prepare_stack(make=True)
    with step("pulumi up"):
        engine.run("up", "--yes", "--skip-preview", "--suppress-outputs")
    resources.show(engine.export())
    url = engine.read("stack", "output", "url").strip()
    with step(f"{url} answers"):
        wait_for_answer(url)
    take_pushes()
    say(f"\nUp in {time.monotonic() - started:.1f} s: {url}")


def take_pushes() -> None:
    """Nothing where this is no clone of the repository. Raises UserError."""
    if not (ROOT / ".git").exists():
        return
    remote = Remote.deploying()
    path = [entry for entry in os.environ["PATH"].split(":") if not entry.startswith(str(ROOT))]
    environ = {**os.environ, "PATH": ":".join(path)}
    install(remote, variables(environ, _of_this_machine(environ)), "make up")
    write_ssh(remote)
    add_remote()


def _of_this_machine(environ: Mapping[str, str]) -> list[str]:
    """Where it has its tools and packages: the local server is a folder on it."""
    return [
        name for name in environ if name in _OF_THIS_MACHINE or name.startswith(_OF_THIS_MACHINE_PREFIXES)
    ]


def start_local_cloud() -> None:
    """Raises UserError for another stack, SystemExit with the command's own code: it has said why."""
    if engine.stack() != STACK:
        remedy = "Unset it; any other stack is brought up by `pulumi up` (docs/production.md)"
        raise UserError("PULUMI_STACK", f"is {engine.stack()}: the local cloud is for {STACK}", remedy)
    code = subprocess.call([sys.executable, "-m", "infra.localcloud", "up"], cwd=ROOT)
    if code != 0:
        raise SystemExit(code)


def prepare_stack(*, make: bool = False) -> None:
    """Nobody else updates the stack, and nothing of a killed update is left. Raises UserError.

    `make`: one that is missing is made; else it is an error, as its state was lost or is elsewhere.
    """
    if orphans := recovery.end_orphans():
        say(f"  ended {orphans} process(es) of a killed update")
    if locks := recovery.drop_dead_locks(engine.backend(), engine.stack()):
        say(f"  dropped {locks} state lock(s) of a killed update")
    if broken := recovery.drop_broken_attributes(engine.backend()):
        say(f"  dropped {broken} attribute file(s) that a kill cut short")
    if not engine.stack_exists():
        if not make:
            remedy = "Name the backend that has it in PULUMI_BACKEND_URL"
            raise UserError(f"stack {engine.stack()}", f"is not in {engine.backend()}", remedy)
        engine.read("stack", "init", engine.stack())
    elif pending := recovery.settle_pending_operations():
        say(f"  settled {pending} operation(s) that a killed update had begun")


def wait_for_answer(url: str) -> None:
    deadline = time.monotonic() + _ANSWER_SECONDS
    problem = ""
    while time.monotonic() < deadline:
        try:
            status = httpx.get(url, timeout=5).status_code
            if status < 400:
                return
            problem = f"answers with status {status}"
        except httpx.HTTPError as error:
            problem = f"does not answer ({error})"
        time.sleep(0.1)
    remedy = (
        "Look at `make logs`; if the local cloud's data was lost, `make destroy && make up` makes all anew"
    )
    raise UserError(url, problem, remedy)
