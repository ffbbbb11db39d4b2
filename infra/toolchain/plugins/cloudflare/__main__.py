"""The plugin process, `python -m infra.toolchain.plugins.cloudflare ENGINE`."""

from infra.toolchain.plugins.cloudflare.servicer import CloudflareServicer
from infra.toolchain.plugins.serving import serve

if __name__ == "__main__":
    serve(CloudflareServicer)
