"""Progress on stderr: what runs and for how long, on a terminal and in a CI log alike."""

from __future__ import annotations

import sys
import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, TextIO

if TYPE_CHECKING:
    from collections.abc import Iterator

TICK = 1.0
"""Seconds between two updates of a terminal's line."""

LINE = 15.0
"""Seconds between two lines in a log."""


class Progress:
    """Says on `stream` when a step starts, that it goes on, and how many seconds it took."""

    def __init__(self, stream: TextIO | None = None) -> None:
        self.stream = stream or sys.stderr
        self.terminal = self.stream.isatty()

    def note(self, text: str) -> None:
        """Print one line."""
        self._write(f"{text}\n")

    @contextmanager
    def step(self, text: str) -> Iterator[None]:
        """Show `text` with the elapsed seconds until the block ends."""
        started = time.monotonic()
        done = threading.Event()
        self._write(f"{text} ..." if self.terminal else f"{text} ...\n")
        ticker = threading.Thread(target=self._tick, args=(text, started, done), daemon=True)
        ticker.start()
        outcome = "failed after"
        try:
            yield
            outcome = "done in"
        finally:
            done.set()
            ticker.join()
            self._write(f"{self._start_of_line()}{text}: {outcome} {time.monotonic() - started:.1f} s\n")

    def _tick(self, text: str, started: float, done: threading.Event) -> None:
        while not done.wait(TICK if self.terminal else LINE):
            seconds = int(time.monotonic() - started)
            self._write(f"{self._start_of_line()}{text} ... {seconds} s{'' if self.terminal else chr(10)}")

    def _start_of_line(self) -> str:
        return "\r\033[K" if self.terminal else ""

    def _write(self, text: str) -> None:
        self.stream.write(text)
        self.stream.flush()
