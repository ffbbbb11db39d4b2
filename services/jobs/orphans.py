"""The clean-up of one server's disk: uploads that were given up, and what no row knows of any more."""

import asyncio
import itertools
import json
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from services.common.hrana import Statement, Value
from services.common.ids import now_ms
from services.jobs.work import Kind, Work

GIVEN_UP_MS = 86_400_000
"""As uploads are told (services/api/files/tus.py)."""
SETTLED_SECONDS = 3_600.0
"""What is younger may belong to a transaction that is still to come."""
AT_ONCE = 500

GIVEN_UP = """delete from files
where state = 'uploading' and created < :before and server = :server returning id"""
UNKNOWN = """select value as id from json_each(:ids)
where value not in (select id from files) and value not in (select id from exports)"""


async def sweep(work: Work) -> Sequence[Statement]:
    args: dict[str, Value] = {"before": now_ms() - GIVEN_UP_MS, "server": work.settings.server_name}
    for row in (await work.database.execute(GIVEN_UP, args)).rows:
        await asyncio.to_thread(work.disk.forget, str(row["id"]))
    settled = await asyncio.to_thread(_settled, work)
    while some := list(itertools.islice(settled, AT_ONCE)):
        ids = json.dumps(sorted({name for name, _ in some}))
        unknown = {str(row["id"]) for row in (await work.database.execute(UNKNOWN, {"ids": ids})).rows}
        for name, place in some:
            if name in unknown:
                place.unlink(missing_ok=True)
    return []


def _settled(work: Work) -> Iterator[tuple[str, Path]]:
    """Listed before the rows are read: a file that comes meanwhile is not among them."""
    before = time.time() - SETTLED_SECONDS
    found = [(name, place) for name, place in work.disk.names() if place.stat().st_mtime < before]
    return iter(found)


ORPHANS = Kind(sweep, seconds=600)
