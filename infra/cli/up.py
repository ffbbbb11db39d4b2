"""`make up`: the local cloud, whatever a killed run left, one update, and a URL that answers."""

import subprocess
import sys
import time

import httpx

from infra.cli import engine, recovery, resources
from infra.cli.steps import say, step
from infra.delivery.install import install
from infra.errors import UserError
from infra.paths import ROOT

_ANSWER_SECONDS = 15.0


def up() -> None:
    started = time.monotonic()
    start_local_cloud()
    prepare_stack()
    with step("pulumi up"):
        engine.run("up", "--yes", "--skip-preview", "--suppress-outputs")
    resources.show(engine.export())
    url = engine.read("stack", "output", "url").strip()
    with step(f"{url} answers"):
        wait_for_answer(url)
    install()
    say(f"\nUp in {time.monotonic() - started:.1f} s: {url}")


def start_local_cloud() -> None:
    """Raises SystemExit with the command's own code; it has said what is wrong."""
    code = subprocess.call([sys.executable, "-m", "infra.localcloud", "up"], cwd=ROOT)
    if code != 0:
        raise SystemExit(code)


def prepare_stack() -> None:
    """The stack exists, nobody else updates it, and nothing of a killed update is left."""
    if orphans := recovery.end_orphans():
        say(f"  ended {orphans} process(es) of a killed update")
    if locks := recovery.drop_dead_locks(engine.backend(), engine.STACK):
        say(f"  dropped {locks} state lock(s) of a killed update")
    if broken := recovery.drop_broken_attributes(engine.backend()):
        say(f"  dropped {broken} attribute file(s) that a kill cut short")
    if not engine.stack_exists():
        engine.read("stack", "init", engine.STACK)
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
