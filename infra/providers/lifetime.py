"""The process of a dynamic provider ends with the engine that started it, even if that was killed."""

import os
import select
import sys
import threading
from functools import cache


@cache
def end_with_engine() -> None:
    """Watches standard output, which the engine reads for as long as it lives.

    `pulumi.dynamic` 3.259.0 itself waits forever, so a killed engine would leave a process behind. Whatever a
    provider is at when it ends, the next run repairs. Does nothing in a process that is no provider's.
    """
    main = getattr(sys.modules["__main__"], "__spec__", None)
    if main is not None and main.name == "pulumi.dynamic.__main__":
        threading.Thread(target=_watch, args=(sys.stdout.fileno(),), daemon=True).start()


def _watch(pipe: int) -> None:
    poll = select.poll()
    poll.register(pipe, 0)  # an error is reported unasked: nobody reads any more
    poll.poll()
    os._exit(1)
