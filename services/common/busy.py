"""When the database is asked again: it did nothing of what it was asked, as somebody else was in the way.

The edge's twin: services/edge/src/execute/busy.ts.
"""

import json
import random
import time
from collections.abc import Iterator
from typing import Any

FIRST_PAUSE_SECONDS = 0.02
LONGEST_PAUSE_SECONDS = 0.64


def nothing_was_done(status: int, body: bytes) -> bool:
    """Of the answer to a pipeline of one statement, or of one batch whose first step begins a transaction and
    whose last one rolls back what was not committed.

    429: libsql-server had no connection in time, or the account's rate is used up. SQLite undoes a statement
    that meets SQLITE_BUSY; a transaction that met it is undone once its rollback succeeded.
    """
    if status == 429:
        return True
    # Most answers are parsed once, where they are needed.
    if status != 200 or b"SQLITE_BUSY" not in body:
        return False
    try:
        answer, *others = json.loads(body)["results"]
        if len(others) > 1:  # More than the stream's end: some of it may be done.
            return False
        if answer["type"] == "error":
            return _is_busy(answer["error"])
        batch = answer["response"]["result"]
        results, errors = batch["step_results"], batch["step_errors"]
        return _is_busy(errors[0]) or (results[-1] is not None and any(map(_is_busy, errors)))
    except (ValueError, LookupError, TypeError, AttributeError):
        # What is wrong with the answer is told elsewhere.
        return False


def pauses(deadline: float) -> Iterator[float]:
    """Seconds to wait before each further try, as long as it begins before `deadline` (time.monotonic)."""
    longest = FIRST_PAUSE_SECONDS
    while time.monotonic() + longest < deadline:
        yield random.uniform(longest / 2, longest)  # noqa: S311 - so that those who met don't meet again
        longest = min(2 * longest, LONGEST_PAUSE_SECONDS)


def _is_busy(error: Any) -> bool:
    return error is not None and str(error["code"]).startswith("SQLITE_BUSY")
