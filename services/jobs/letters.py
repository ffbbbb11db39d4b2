"""`python -m services.jobs.letters`, on a server: the dead jobs, another try for them, the page's operators.

It runs in the folder of the release in force, with the variables of its jobs service.
"""

import argparse
import asyncio
import json
import sys
from pathlib import Path
from typing import Any

from services.common.hrana import Database, DatabaseFailure
from services.common.ids import now_ms
from services.common.jobs import DEAD, replayed
from services.host.environment_file import parse
from services.host.layout import environment
from services.settings import JobsSettings, SettingsError, exit_with, load

MOST = 500
ADD = "insert into admins (user) select id from users where email = :email on conflict do nothing"
KNOWN = "select 1 from users where email = :email"


async def dead(database: Database) -> int:
    """One JSON line a job, the latest first."""
    rows = (await database.execute(DEAD, {"before": now_ms() + 1, "limit": MOST})).rows
    for row in rows:
        print(json.dumps(dict(row)))
    return 0


async def replay(database: Database, jobs: list[str]) -> int:
    """The relay of the jobs service queues them. `all`: every dead one."""
    if jobs == ["all"]:
        rows = (await database.execute(DEAD, {"before": now_ms() + 1, "limit": MOST})).rows
        jobs = [str(row["id"]) for row in rows]
    missing = []
    for job in jobs:
        statement = replayed(job)
        if not (await database.execute(statement.sql, statement.args)).rows:
            missing.append(job)
    print(f"{len(jobs) - len(missing)} queued again")
    for job in missing:
        print(f"error: {job} is no dead job", file=sys.stderr)
    return 1 if missing else 0


async def operator(database: Database, email: str) -> int:
    """Who has this account may see dead jobs in the page, and have them tried again."""
    if not (await database.execute(KNOWN, {"email": email.lower()})).rows:
        print(f"error: nobody has signed up as {email}", file=sys.stderr)
        return 1
    await database.execute(ADD, {"email": email.lower()})
    print(f"{email} is an operator")
    return 0


def parsed(argv: list[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="jobs", description=__doc__)
    commands = parser.add_subparsers(required=True)
    commands.add_parser("dead").set_defaults(run=lambda database, _: dead(database))
    again = commands.add_parser("replay")
    again.add_argument("jobs", nargs="+", metavar="ID|all")
    again.set_defaults(run=lambda database, given: replay(database, given.jobs))
    admin = commands.add_parser("operator")
    admin.add_argument("email")
    admin.set_defaults(run=lambda database, given: operator(database, given.email))
    return parser.parse_args(argv)


def settings_or_exit() -> JobsSettings:
    """The jobs service's, where this is the folder of a release."""
    file = environment(Path(), "jobs")
    try:
        return load(JobsSettings, parse(file.read_text("utf-8")))
    except (OSError, SettingsError) as error:
        exit_with(f"error: {file}: {error}")


async def main(given: Any, settings: JobsSettings) -> int:
    database = Database(settings)
    try:
        code: int = await given.run(database, given)
    except DatabaseFailure as failure:
        print(f"error: the database: {failure.message}", file=sys.stderr)
        return 1
    finally:
        await database.close()
    return code


if __name__ == "__main__":
    sys.exit(asyncio.run(main(parsed(), settings_or_exit())))
