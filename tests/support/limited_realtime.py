"""`services.realtime` with the limits that `LIMITS` names; on SIGUSR1 it counts what it holds."""

import asyncio
import gc
import json
import os
import signal

from services.common.log import take_over_logging, write_log
from services.realtime.__main__ import serve
from services.realtime.connection import Connection
from services.realtime.limits import Limits
from services.realtime.room import Room
from services.settings import RealtimeSettings, load_or_exit


def count() -> None:
    gc.collect()
    # Not isinstance: a weak proxy of what is gone has no class.
    held = [type(each) for each in gc.get_objects()]
    rooms, connections = (sum(issubclass(each, kind) for each in held) for kind in (Room, Connection))
    write_log("held", rooms=rooms, connections=connections, tasks=len(asyncio.all_tasks()))


async def main() -> None:
    asyncio.get_running_loop().add_signal_handler(signal.SIGUSR1, count)
    await serve(load_or_exit(RealtimeSettings), Limits(**json.loads(os.environ["LIMITS"])))


if __name__ == "__main__":
    take_over_logging()
    asyncio.run(main())
