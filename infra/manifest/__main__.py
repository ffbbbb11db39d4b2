"""`make routes`: compiles the declarations and writes the generated files."""

import sys

from infra.errors import UserError
from infra.manifest.compile import compile_routes
from infra.manifest.files import rendered, write
from infra.paths import ROOT


def main() -> int:
    try:
        compiled = compile_routes()
    except UserError as error:
        print(error, file=sys.stderr)
        return 1
    for path in write(rendered(compiled)):
        print(f"{path.relative_to(ROOT)}: written")
    return 0


if __name__ == "__main__":
    sys.exit(main())
