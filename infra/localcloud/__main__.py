"""The local cloud's command: python -m infra.localcloud up | down | status | reset | logs."""

import argparse
import contextlib
import sys
from collections.abc import Sequence
from pathlib import Path

from infra import paths
from infra.errors import UserError
from infra.localcloud import commands, show
from infra.localcloud.endpoints import UserErrors
from infra.localcloud.running import Running

NOT_RUNNING = 3
"""Exit status of `status` when not all runs, as in the LSB's init scripts."""


def main(argv: Sequence[str] | None = None) -> int:
    """Returns the exit status; a user's mistake is one line each on stderr and status 1."""
    options = _options(argv)
    try:
        return _run(options)
    except UserError as mistake:
        return _failed([mistake])
    except UserErrors as mistakes:
        return _failed(list(mistakes.exceptions))
    except commands.StartError as failure:
        return _failed([failure])
    except KeyboardInterrupt:
        return 130


def _run(options: argparse.Namespace) -> int:
    match options.command:
        case "up":
            print(show.table(commands.up(options.data, options.config, options.die_with)))
        case "down":
            stopped = commands.down(options.data)
            print(f"stopped {', '.join(stopped)}" if stopped else "nothing was running", file=sys.stderr)
        case "status":
            return _status(options.data)
        case "reset":
            return _reset(options.data, asked=options.yes)
        case "logs":
            with contextlib.suppress(BrokenPipeError):
                for line in show.logs(options.data, options.names, follow=options.follow):
                    print(line, flush=options.follow)
    return 0


def _status(data: Path) -> int:
    present = Running.find(data)
    if present is None:
        print("the local cloud is not running", file=sys.stderr)
        return NOT_RUNNING
    try:
        status = present.status()
    except OSError as error:
        print(f"the local cloud's daemon does not answer: {error}", file=sys.stderr)
        return NOT_RUNNING
    print(show.table(status))
    return 0 if status["healthy"] else NOT_RUNNING


def _reset(data: Path, *, asked: bool) -> int:
    if not asked:
        if not sys.stdin.isatty():
            raise UserError("reset", "would delete all data of the local cloud", "confirm it with --yes")
        if not show.confirmed(f"Delete all data in {data}?"):
            return 1
    commands.reset(data)
    return 0


def _failed(problems: Sequence[Exception]) -> int:
    for problem in problems:
        print(f"error: {problem}", file=sys.stderr)
    return 1


def _options(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m infra.localcloud", description=__doc__)
    parser.add_argument(
        "--config",
        type=Path,
        default=paths.ROOT / "Pulumi.dev.yaml",
        help="the stack's configuration, which names the ports (default: %(default)s)",
    )
    parser.add_argument(
        "--data", type=Path, default=paths.CLOUD, help="where it keeps its data (default: %(default)s)"
    )
    actions = parser.add_subparsers(dest="command", required=True)
    up = actions.add_parser("up", help="start it; one that runs as configured is left alone")
    up.add_argument("--die-with", type=int, metavar="PID", help="stop when this process has ended")
    actions.add_parser("down", help="stop it; its data stays")
    actions.add_parser("status", help=f"what runs where; exit status {NOT_RUNNING} if not all runs")
    reset = actions.add_parser("reset", help="stop it and delete its data")
    reset.add_argument("--yes", action="store_true", help="don't ask")
    logs = actions.add_parser("logs", help="the last lines of its logs")
    logs.add_argument("-f", "--follow", action="store_true", help="go on with new lines as they come")
    logs.add_argument("names", nargs="*", metavar="NAME", help="only these logs")
    return parser.parse_args(argv)


if __name__ == "__main__":
    sys.exit(main())
