"""Dead jobs on a server's command line, as `make jobs` runs it."""

import json
import subprocess
import sys

from infra.cli.jobs import command
from infra.paths import ROOT
from services.common.ids import new_id, now_ms
from services.common.jobs import NewJob
from tests.support.services import write_environment
from tests.unit.jobs.conftest import Jobs


def letters(jobs: Jobs, *words: str) -> "subprocess.CompletedProcess[str]":
    """In a folder that holds the release's variables."""
    write_environment(jobs.folder, jobs.variables)
    argv = [sys.executable, "-B", "-m", "services.jobs.letters", *words]
    environment = {"PYTHONPATH": str(ROOT)}
    return subprocess.run(argv, cwd=jobs.folder, env=environment, capture_output=True, text=True, check=False)


def write_dead(jobs: Jobs) -> str:
    job = jobs.write(NewJob("export", owner="ada"))
    sql = """update jobs set state = 'dead', tries = 8, error = 'it took too long', finished = :now
    where id = :id"""
    jobs.database.execute(sql, {"id": job, "now": now_ms()})
    return job


def test_dead_jobs_are_listed_and_tried_again(jobs: Jobs) -> None:
    jobs.database.execute("delete from jobs where state = 'dead'")
    first, second = write_dead(jobs), write_dead(jobs)
    listed = [json.loads(line) for line in letters(jobs, "dead").stdout.splitlines()]
    assert {each["id"] for each in listed} == {first, second}
    assert {each["error"] for each in listed} == {"it took too long"}
    assert letters(jobs, "replay", first).stdout == "1 queued again\n"
    again = letters(jobs, "replay", first)
    assert (again.returncode, again.stderr) == (1, f"error: {first} is no dead job\n")
    assert letters(jobs, "replay", "all").stdout == "1 queued again\n"
    assert (jobs.job(first)["state"], jobs.job(second)["state"]) == ("queued", "queued")


def test_an_operator_is_somebody_who_has_signed_up(jobs: Jobs) -> None:
    user, email = new_id(), f"{new_id()}@harbour.example"
    refused = letters(jobs, "operator", email)
    assert (refused.returncode, refused.stderr) == (1, f"error: nobody has signed up as {email}\n")
    jobs.database.execute(
        "insert into users (id, email, name, password, created) values (:id, :email, 'Ada', 'x', 1)",
        {"id": user, "email": email},
    )
    assert letters(jobs, "operator", email.upper()).returncode == 0
    assert jobs.database.execute("select user from admins where user = :user", {"user": user}) == [[user]]


def test_no_secret_is_in_the_command_line_and_words_are_words(jobs: Jobs) -> None:
    assert command(["replay", "a; rm -rf /"]) == (
        "cd shoreline/current && python/bin/python -B -m services.jobs.letters replay 'a; rm -rf /'"
    )
