"""The plugin process, `python -m infra.toolchain.plugins.command ENGINE`."""

from infra.toolchain.plugins.command.servicer import CommandServicer
from infra.toolchain.plugins.serving import serve

if __name__ == "__main__":
    serve(CommandServicer)
