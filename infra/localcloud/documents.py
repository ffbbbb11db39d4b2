"""JSON documents in one SQLite file: what a control plane was told, safe against kill and power loss."""

import json
import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

SCHEMA = """
create table if not exists documents (
    position integer primary key autoincrement,
    kind text not null,
    key text not null,
    body text not null,
    unique (kind, key)
) strict
"""


class Documents:
    """Documents by kind and key, listed in the order of their first insertion.

    Every write is on the disk when the call returns (WAL, synchronous=FULL). The file is readable by its
    owner only. Calls take well under a millisecond and belong to one thread: the event loop's.
    """

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))  # SQLite's -wal and -shm copy this mode
        self._database = sqlite3.connect(path, isolation_level=None)
        self._database.execute("pragma journal_mode = wal")
        self._database.execute("pragma synchronous = full")
        self._database.execute(SCHEMA)
        self._depth = 0

    def get(self, kind: str, key: str) -> dict[str, Any] | None:
        rows = self._database.execute("select body from documents where kind = ? and key = ?", (kind, key))
        row = rows.fetchone()
        return None if row is None else _document(row[0])

    def list(self, kind: str) -> list[dict[str, Any]]:
        rows = self._database.execute("select body from documents where kind = ? order by position", (kind,))
        return [_document(body) for (body,) in rows]

    def put(self, kind: str, key: str, document: dict[str, Any]) -> None:
        """Insert or replace; a replaced document keeps its place in the list."""
        self._database.execute(
            "insert into documents (kind, key, body) values (?, ?, ?)"
            " on conflict (kind, key) do update set body = excluded.body",
            (kind, key, json.dumps(document, ensure_ascii=False, separators=(",", ":"))),
        )

    def delete(self, kind: str, key: str) -> bool:
        """True if there was such a document."""
        done = self._database.execute("delete from documents where kind = ? and key = ?", (kind, key))
        return done.rowcount > 0

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All writes of the block or none. Nested blocks join the outermost. Never await inside a block."""
        if self._depth == 0:
            self._database.execute("begin immediate")
        self._depth += 1
        try:
            yield
        except BaseException:
            self._depth -= 1
            if self._depth == 0:
                self._database.execute("rollback")
            raise
        self._depth -= 1
        if self._depth == 0:
            self._database.execute("commit")

    def close(self) -> None:
        self._database.close()


def _document(body: str) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(body)
    return document
