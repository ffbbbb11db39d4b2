"""Progress on the terminal: what is being done, and how long it took."""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


@contextmanager
def step(title: str) -> Iterator[None]:
    """Announces a step, and its time when it ends well."""
    say(f"· {title}")
    started = time.monotonic()
    yield
    say(f"✓ {title} ({time.monotonic() - started:.1f} s)")
