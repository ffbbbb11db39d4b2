"""The commands behind the Makefile: `python -m infra.cli up|destroy|bench`, inside the tool environment."""

import argparse
import sys

from infra.cli.bench import bench
from infra.cli.destroy import destroy
from infra.cli.engine import EngineFailed
from infra.cli.up import up
from infra.errors import UserError

COMMANDS = {"up": up, "destroy": destroy, "bench": bench}


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m infra.cli", description=__doc__)
    parser.add_argument("command", choices=COMMANDS)
    command = COMMANDS[parser.parse_args().command]
    try:
        command()
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
