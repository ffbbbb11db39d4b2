"""What the clean-up takes away, and what it leaves."""

import sqlite3
from typing import Any, cast

from infra.paths import SCHEMA
from services.common.ids import now_ms
from services.jobs.cleanup import REPEATED_MS, clean_up


async def test_an_idempotency_key_can_be_repeated_for_a_day() -> None:
    database = sqlite3.connect(":memory:")
    for migration in sorted(SCHEMA.glob("*.sql")):
        database.executescript(migration.read_text("utf-8"))
    ages = {"young": REPEATED_MS - 60_000, "old": REPEATED_MS + 60_000}
    for key, age in ages.items():
        database.execute(
            "insert into idempotency values ('ada', 'create', ?, '', '', ?)", (key, now_ms() - age)
        )

    for statement in await clean_up(cast("Any", None)):
        database.execute(statement.sql, dict(statement.args))

    assert database.execute("select key from idempotency").fetchall() == [("young",)]
    database.close()
