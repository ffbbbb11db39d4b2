"""`python -m infra.cli accept-pushes`: the first server of the stack takes pushes, and deploys them."""

import argparse
import os

from infra.cli import engine
from infra.cli.remote import Remote
from infra.cli.steps import say, step
from infra.delivery.install import install, variables
from infra.errors import UserError


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--hand-over", action="append", default=[], metavar="NAME",
        help="a variable of this shell that a deploy needs too, beside those of Pulumi's state",
    )  # fmt: skip


def run(given: argparse.Namespace) -> None:
    """Hands over what opens the stack's state, for its user alone to read. Raises UserError."""
    remote, handed_over = Remote.deploying(), variables(os.environ, given.hand_over)
    with step("nothing is to be brought up"):
        done = engine.attempt("preview", "--expect-no-changes")
        if done.returncode != 0:
            raise UserError("pulumi preview", "would change something, or fails", "Run `pulumi up` first")
    install(remote, handed_over, "pulumi up")
    server = remote.server
    say(f"git remote add {engine.stack()} ssh://{server.user}@{server.host}:{server.port}/~/shoreline.git")
