"""`python -m services.realtime`: serves until SIGTERM, then says goodbye to everybody."""

import asyncio
import signal

from services.common.hrana import Database
from services.common.live.feed import RedisFeed
from services.common.live.hub import Hub
from services.common.live.mailboxes import Mailboxes
from services.common.live.publisher import RedisPublisher
from services.common.log import take_over_logging, write_log
from services.common.tasks import end
from services.realtime.connections import Connections
from services.realtime.limits import Limits
from services.realtime.revocations import Doorkeeper
from services.realtime.rooms import Rooms
from services.realtime.server import Realtime
from services.realtime.store import NoteStore
from services.settings import RealtimeSettings, load_or_exit


async def serve(settings: RealtimeSettings, limits: Limits) -> None:
    ended = asyncio.Event()
    for each in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(each, ended.set)
    database, hub, connections = Database(settings), Hub(), Connections(limits)
    hub.feed = feed = RedisFeed(settings.redis_url, hub, "realtime")
    doorkeeper = Doorkeeper(connections, database)
    hub.add(doorkeeper)
    connections.came = lambda connection: doorkeeper.check([connection])
    publisher = RedisPublisher(settings.redis_url)
    rooms = Rooms(NoteStore(database), connections, hub, publisher)
    following = [asyncio.create_task(work) for work in (feed.run(), publisher.run())]
    async with Realtime(settings, connections, hub, rooms, Mailboxes(database, hub)).serving():
        write_log("start", tier="realtime", server=settings.server_name, release=settings.release)
        await ended.wait()
    for task in following:
        await end(task)
    await database.close()
    write_log("stop", tier="realtime", server=settings.server_name)


if __name__ == "__main__":
    take_over_logging()
    asyncio.run(serve(load_or_exit(RealtimeSettings), Limits()))
