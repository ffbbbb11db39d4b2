"""`make routes` writes what the declarations make, and prints the ledger; `make measure` measures them."""

import sys

from rich.console import Console

from infra.errors import UserError
from infra.manifest import benched, measured
from infra.manifest.compile import Compiled, compile_routes
from infra.manifest.files import rendered, write
from infra.manifest.ledger import ledger
from infra.paths import ROOT
from infra.routes.catalog import ROUTES

UNBOUNDED = 1_000
"""Characters: the table takes what it needs, also where the terminal is narrower. A line stays a route."""


def main(arguments: list[str]) -> int:
    try:
        compiled = compile_routes()
        for path in write(rendered(compiled)):
            print(f"{path.relative_to(ROOT)}: written")
        if arguments == ["measure"]:
            return _measure(compiled)
        _print(compiled)
    except UserError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def _print(compiled: Compiled) -> None:
    bench = benched.load()
    table = ledger(compiled, ROUTES, measured.load(), bench)
    console = Console(width=Console(width=UNBOUNDED).measure(table).maximum)
    console.print(table)
    if bench.date:
        console.print(f"CPU and p99: `make bench` of {bench.date}; rows read: `make measure`")


def _measure(compiled: Compiled) -> int:
    """Also tells what a preview will refuse for these figures, or for want of them."""
    # The local cloud's libsql-server is for the make targets only.
    from infra.manifest.measure import measure_missing

    found = measured.load()
    now = measure_missing(ROUTES, compiled.manifest, found)
    new = sorted(name for name in now if now[name] != found.get(name))
    print(f"measured: {', '.join(new)}" if new else "everything was measured already")
    measured.save(now)
    refused = measured.over_budget(ROUTES, compiled.manifest, now)
    for mistake in refused:
        print(mistake, file=sys.stderr)
    return 1 if refused else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
