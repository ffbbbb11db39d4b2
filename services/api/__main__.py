"""`python -m services.api`: serves until SIGTERM, then finishes the requests it has."""

import asyncio
import signal

from granian.constants import Interfaces
from granian.server.embed import Server
from pydantic import ValidationError
from starlette.types import ASGIApp

from services.api.app import create_app
from services.api.live import Live
from services.api.passwords import Passwords
from services.api.queue import Queue
from services.api.revocations import Revocations
from services.api.tools import Tools
from services.common.files.disk import Disk
from services.common.hrana import Database
from services.common.log import take_over_logging, write_log
from services.common.manifest import Manifest
from services.common.tasks import end
from services.settings import ApiSettings, exit_with, load_or_exit

MOST_CONNECTIONS = 1024
"""Far more than requests are taken (overload.py): one that is not accepted is told nothing, and waits."""


async def serve(settings: ApiSettings) -> None:
    database, queue = Database(settings), Queue(settings.redis_url)
    disk = Disk(settings.files_folder, settings.files_reserve_bytes)
    live, revocations = Live(settings.redis_url, database), Revocations(settings.redis_url)
    app = app_or_exit(settings, Tools(settings, database, Passwords(), queue, disk, revocations, live))
    connections = [asyncio.create_task(work) for work in (queue.run(), live.run())]
    listen = settings.api_listen
    listen.clear()
    server = Server(
        app,
        address=listen.host,
        port=listen.port,
        uds=listen.path,
        interface=Interfaces.ASGINL,
        websockets=False,
        log_enabled=False,
        backlog=MOST_CONNECTIONS,
        backpressure=MOST_CONNECTIONS,
    )
    # As given: granian's own absolute path may be too long for a socket's address.
    server.bind_uds = listen.path

    def stop(*_: object) -> None:
        live.stopping.set()
        server.stop()  # type: ignore[no-untyped-call]

    for each in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(each, stop)
    write_log("start", tier="api", server=settings.server_name, release=settings.release)
    await server.serve()
    for connection in connections:
        await end(connection)
    await revocations.close()
    await database.close()
    write_log("stop", tier="api", server=settings.server_name)


def app_or_exit(settings: ApiSettings, tools: Tools) -> ASGIApp:
    """Ends the process with status 2 and the mistake where the manifest doesn't fit the code."""
    file = settings.manifest_file
    try:
        return create_app(Manifest.load(file), tools)
    except OSError as error:
        exit_with(f"MANIFEST_FILE: {file}: can't be read: {error.strerror}. Deploy the release again")
    except ValidationError:
        exit_with(f"MANIFEST_FILE: {file}: is not a manifest of this release. Deploy the release again")
    except ValueError as error:
        exit_with(f"MANIFEST_FILE: {file}: {error}. Deploy the release again")


if __name__ == "__main__":
    take_over_logging()
    asyncio.run(serve(load_or_exit(ApiSettings)))
