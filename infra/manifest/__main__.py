"""`make routes`: writes what the declarations make. `make measure`: measures what was not measured yet."""

import sys

from infra.errors import UserError
from infra.manifest import measured
from infra.manifest.compile import Compiled, compile_routes
from infra.manifest.files import rendered, write
from infra.paths import ROOT
from infra.routes.catalog import ROUTES


def main(arguments: list[str]) -> int:
    try:
        compiled = compile_routes()
        for path in write(rendered(compiled)):
            print(f"{path.relative_to(ROOT)}: written")
        if arguments == ["measure"]:
            _measure(compiled)
    except UserError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def _measure(compiled: Compiled) -> None:
    from infra.manifest.measure import measure_missing

    found = measured.load()
    now = measure_missing(ROUTES, compiled.manifest, found)
    new = [name for name in now if now[name] != found.get(name)]
    print(f"measured: {', '.join(new)}" if new else "everything was measured already")
    measured.save(now)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
