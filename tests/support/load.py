"""Constant load on a URL while something else happens, and what came of it."""

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import httpx


@dataclass
class Load:
    """`answers` counts statuses with what was read off the answer; `failures` says of each what happened."""

    answers: Counter[tuple[int, str]] = field(default_factory=Counter)
    failures: list[str] = field(default_factory=list)

    def saw(self, what: str) -> int:
        return sum(count for (_, seen), count in self.answers.items() if seen == what)


def tier_of(answer: httpx.Response) -> str:
    """Who answered."""
    return str(answer.headers.get("x-served-by", "nobody"))


@contextmanager
def load(
    ask: Callable[[httpx.Client], httpx.Response],
    *,
    seen: Callable[[httpx.Response], str] = lambda answer: answer.text,
    threads: int = 2,
    pause: float = 0.02,
) -> Iterator[Load]:
    """Asks again and again until the block ends; every answer below 400 is a good one."""
    found, ended, lock = Load(), threading.Event(), threading.Lock()

    def work() -> None:
        with httpx.Client(timeout=20, trust_env=False) as client:
            while not ended.wait(pause):
                started = time.strftime("%H:%M:%S")
                try:
                    answer = ask(client)
                except httpx.HTTPError as error:
                    with lock:
                        found.failures.append(f"{started} {type(error).__name__}: {error}")
                    continue
                with lock:
                    found.answers[answer.status_code, seen(answer)] += 1
                    if answer.status_code >= 400:
                        found.failures.append(f"{started} {answer.status_code}: {answer.text[:200]}")

    workers = [threading.Thread(target=work) for _ in range(threads)]
    for worker in workers:
        worker.start()
    try:
        yield found
    finally:
        ended.set()
        for worker in workers:
            worker.join()
