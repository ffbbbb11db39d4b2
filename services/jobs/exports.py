"""The export job: makes a note's document, writes it down, tells its owner. Again is the same as once."""

from collections.abc import Sequence

from services.common.events import Publisher, channel_of, export_event
from services.common.hrana import Database
from services.common.ids import now_ms
from services.jobs.markdown import Note, document

CLAIM = """update exports set state = 'running'
where id = :id and state in ('queued', 'running') returning user, note"""
NOTE = "select title, workspace, body, created, updated from notes where id = :note"
FINISH = """update exports set state = :state, result = :result, finished = :finished
where id = :id and state in ('queued', 'running')"""
LEFT = """select id, created from exports where state in ('queued', 'running') and created < :before
order by created limit :limit"""

LEFT_AFTER_MS = 60_000
"""Older ones that are not done were never queued, or the queue has lost them."""
AT_ONCE = 100


async def export(database: Database, publisher: Publisher, identifier: str) -> None:
    """Raises DatabaseFailure; what was done until then is done again next time."""
    claimed = (await database.execute(CLAIM, {"id": identifier})).rows
    if not claimed:
        return
    channel, note = channel_of(str(claimed[0]["user"])), claimed[0]["note"]
    await publisher.publish(channel, export_event(identifier, "running"))
    rows = (await database.execute(NOTE, {"note": note})).rows
    result = document(Note(**rows[0])) if rows else None  # type: ignore[arg-type] # the schema is strict
    await _finish(database, publisher, identifier, channel, result)


async def give_up(database: Database, publisher: Publisher, identifier: str) -> None:
    """Marks the export as failed."""
    claimed = (await database.execute(CLAIM, {"id": identifier})).rows
    if claimed:
        await _finish(database, publisher, identifier, channel_of(str(claimed[0]["user"])), None)


async def _finish(
    database: Database, publisher: Publisher, identifier: str, channel: str, result: str | None
) -> None:
    state = "failed" if result is None else "done"
    args = {"id": identifier, "state": state, "result": result, "finished": now_ms()}
    await database.execute(FINISH, args)
    await publisher.publish(channel, export_event(identifier, state))


async def left_behind(database: Database) -> Sequence[tuple[str, int]]:
    """Ids of exports that should be done by now, and when they were created."""
    args = {"before": now_ms() - LEFT_AFTER_MS, "limit": AT_ONCE}
    return [(str(row["id"]), int(row["created"] or 0)) for row in (await database.execute(LEFT, args)).rows]
