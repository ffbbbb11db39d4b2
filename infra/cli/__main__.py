"""The commands behind the Makefile: `python -m infra.cli COMMAND`, inside the tool environment."""

import argparse
import sys

from infra.cli import accept_pushes, backup, jobs, releases, shadow, switch
from infra.cli.bench import bench
from infra.cli.destroy import destroy
from infra.cli.engine import EngineFailed
from infra.cli.up import up
from infra.errors import UserError


def parsed() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m infra.cli", description=__doc__)
    commands = parser.add_subparsers(required=True)
    for name, run in {"up": up, "destroy": destroy, "bench": bench, "backup": backup.backup}.items():
        commands.add_parser(name).set_defaults(run=lambda _, run=run: run())
    for module in (switch, shadow, jobs, releases, accept_pushes, backup):
        name = module.__name__.rpartition(".")[-1].replace("_", "-")
        name = "restore" if module is backup else name
        command = commands.add_parser(name, description=module.__doc__)
        module.add_arguments(command)
        command.set_defaults(run=module.run)
    return parser.parse_args()


def main() -> int:
    arguments = parsed()
    try:
        arguments.run(arguments)
    except UserError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    except EngineFailed as error:
        return error.code
    except KeyboardInterrupt:
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
