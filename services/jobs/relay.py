"""The relay from the table of jobs to the queue: finds what nobody queued, and what the queue has lost."""

import asyncio
from typing import Any

from streaq import Worker

from services.common.hrana import Database, Value
from services.common.ids import now_ms
from services.common.log import write_log
from services.common.queue import place_of, queue

SWEEP_SECONDS = 5.0
LATE_MS = 2_000
"""Whoever writes a job queues it too, at once: until then it is not for the relay."""
AT_ONCE = 200

LATE = """select id, priority, server, due from jobs
where state in ('queued', 'running') and (due, id) > (:due, :id) and due < :before
order by due, id limit :limit"""
"""Reads what it gives: an idle sweep reads no row."""

_START = (0, "")


class Relay:
    """Looks a page further each time, then from the start again: what only waits doesn't hide the rest."""

    def __init__(self, database: Database, worker: Worker[Any]) -> None:
        self._database, self._worker = database, worker
        self._after = _START

    async def run(self) -> None:
        """Until cancelled, whatever fails meanwhile."""
        while True:
            try:
                await self.sweep()
            except Exception as error:
                write_log("relay", tier="jobs", failure=type(error).__name__)
            await asyncio.sleep(SWEEP_SECONDS)

    async def sweep(self) -> int:
        """How many late jobs it has queued, most of which may have been queued already."""
        due, identifier = self._after
        args: dict[str, Value] = {
            "due": due,
            "id": identifier,
            "before": now_ms() - LATE_MS,
            "limit": AT_ONCE,
        }
        rows = (await self._database.execute(LATE, args)).rows
        await queue(self._worker, [(str(row["id"]), place_of(row)) for row in rows])
        full = len(rows) == AT_ONCE
        self._after = (int(rows[-1]["due"] or 0), str(rows[-1]["id"])) if full else _START
        return len(rows)
