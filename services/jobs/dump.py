"""`python -m services.jobs.dump`, on a server: the database as SQL on standard output, or with `restore` from
standard input, in place of what is there.

libsql-server gives the dump of one moment (`/dump`). A restore is not one transaction, as Turso ends those
after 5 seconds: the services are stopped meanwhile, and one that was interrupted is run again.
"""

import asyncio
import itertools
import shutil
import sqlite3
import sys
import tempfile
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path

from services.common.hrana import Argument, Database, Statement
from services.jobs.letters import settings_or_exit
from services.settings import JobsSettings

TIMEOUT_SECONDS = 600.0
AT_ONCE = 100
DELETED_AT_ONCE = 5_000
_PRIVATE = ("sqlite_", "libsql_", "schema_migrations", "_")
"""What belongs to the database itself, or to whoever applies its migrations; and what triggers keep."""


def dump(settings: JobsSettings) -> None:
    headers = {"host": settings.database_host, "authorization": f"Bearer {settings.database_token}"}
    request = urllib.request.Request(f"{settings.database_origin}/dump", headers=headers)  # noqa: S310 - ours
    with urllib.request.urlopen(request, timeout=TIMEOUT_SECONDS) as answer:  # noqa: S310 - ours
        shutil.copyfileobj(answer, sys.stdout.buffer)
    sys.stdout.buffer.flush()


async def restore(settings: JobsSettings, script: str) -> int:
    """How many rows were written. Raises sqlite3.Error, before anything is touched, for a damaged dump."""
    if not script.rstrip().endswith("COMMIT;"):
        raise sqlite3.DatabaseError("it was cut off")
    with tempfile.TemporaryDirectory() as folder, closing(sqlite3.connect(Path(folder) / "copy")) as copy:
        copy.executescript(script)
        [(checked,)] = copy.execute("pragma integrity_check").fetchall()
        if checked != "ok":
            raise sqlite3.DatabaseError(checked)
        database = Database(settings)
        try:
            return sum([await _restore_table(database, copy, table) for table in _tables(copy)])
        finally:
            await database.close()


def _tables(copy: sqlite3.Connection) -> list[str]:
    found = copy.execute("select name from sqlite_schema where type = 'table' order by name").fetchall()
    return [name for (name,) in found if not name.startswith(_PRIVATE)]


async def _restore_table(database: Database, copy: sqlite3.Connection, table: str) -> int:
    rows = copy.execute(f'select * from "{table}"')  # noqa: S608 - a name of the schema
    columns = [column for column, *_ in rows.description]
    names, places = ", ".join(f'"{each}"' for each in columns), ", ".join(f":{each}" for each in columns)
    insert = f'insert into "{table}" ({names}) values ({places})'  # noqa: S608 - names of the schema
    await _clear(database, copy, table)
    count = 0
    for batch in _batches(rows):
        await database.transaction([Statement(insert, dict(zip(columns, row, strict=True))) for row in batch])
        count += len(batch)
    return count


async def _clear(database: Database, copy: sqlite3.Connection, table: str) -> None:
    """In parts: all rows of a large table, with what triggers do for each, take longer than a call may."""
    found = copy.execute("select name from pragma_table_info(?) where pk > 0", (table,)).fetchall()
    keys = ", ".join(f'"{name}"' for (name,) in found)
    some = f'select {keys} from "{table}" limit {DELETED_AT_ONCE}'  # noqa: S608 - names of the schema
    delete = f'delete from "{table}" where ({keys}) in ({some})'  # noqa: S608 - names of the schema
    while (await database.execute(delete)).changed:
        pass


def _batches(rows: sqlite3.Cursor) -> Iterator[Sequence[tuple[Argument, ...]]]:
    while batch := list(itertools.islice(rows, AT_ONCE)):
        yield batch


if __name__ == "__main__":
    known = settings_or_exit()
    if sys.argv[1:] == ["restore"]:
        try:
            print(f"{asyncio.run(restore(known, sys.stdin.read()))} rows restored")
        except sqlite3.Error as error:
            sys.exit(f"error: the dump is damaged: {error}")
    else:
        dump(known)
