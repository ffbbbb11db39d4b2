"""Jobs as those see them who cause them: a row to write in the same transaction as the cause.

Once it is written, the job will be done: the queue is only told sooner than the relay would tell it.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from services.common.hrana import Statement
from services.common.ids import new_id, now_ms

Priority = Literal["low", "high"]
PRIORITIES: tuple[Priority, ...] = ("low", "high")
"""From lowest to highest. `high`: somebody waits for it."""

State = Literal["queued", "running", "done", "refused", "cancelled", "dead"]
NO_ROOM = "The server's disk is full. It goes on by itself once there is room."
"""The error of a job that waits for room: what its owner is told."""
ENDED: frozenset[State] = frozenset(("done", "refused", "cancelled", "dead"))

_INSERT = """insert into jobs (id, kind, key, owner, payload, priority, server, state, tries, due, created)
select :id, :kind, :key, :owner, :payload, :priority, :server, 'queued', 0, :created, :created{condition}
on conflict (key) do nothing"""


@dataclass(frozen=True)
class NewJob:
    """`key`: another job with the same one is not written. `owner`: the user who is told how it goes.

    `server`: where it must be done, as that holds the files; None: anywhere.
    """

    kind: str
    payload: Mapping[str, Any] = field(default_factory=dict)
    owner: str | None = None
    key: str | None = None
    priority: Priority = "high"
    server: str | None = None
    id: str = field(default_factory=new_id)

    def statement(self, condition: str = "true", args: Mapping[str, str] | None = None) -> Statement:
        """Writes the job if the condition, an SQL expression over `args`, holds."""
        return Statement(
            _INSERT.format(condition=f" where {condition}"),
            {
                **(args or {}),
                "id": self.id,
                "kind": self.kind,
                "key": self.key,
                "owner": self.owner,
                "payload": json.dumps(self.payload, separators=(",", ":")),
                "priority": self.priority,
                "server": self.server,
                "created": now_ms(),
            },
        )


def cancelled(job: str, owner: str) -> Statement:
    """Cancels the owner's job unless it has ended; whatever it does afterwards has no effect any more."""
    sql = """update jobs set state = 'cancelled', finished = :now
    where id = :id and owner = :owner and state in ('queued', 'running')"""
    return Statement(sql, {"id": job, "owner": owner, "now": now_ms()})


def replayed(job: str) -> Statement:
    """Queues a dead job again, with all its tries."""
    sql = """update jobs set state = 'queued', tries = 0, due = :now, finished = null
    where id = :id and state = 'dead' returning priority, server"""
    return Statement(sql, {"id": job, "now": now_ms()})


DEAD = """select id, kind, owner, tries, error, created, finished from jobs
where state = 'dead' and finished < :before order by finished desc limit :limit"""
