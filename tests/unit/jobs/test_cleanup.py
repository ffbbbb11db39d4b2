"""The hourly clean-up: what has ended long ago goes, the rest stays."""

from services.common.hrana import Database
from services.common.ids import new_id, now_ms
from services.common.jobs import NewJob
from services.jobs import cleanup
from services.jobs.attempt import Attempts
from services.jobs.kinds import KINDS
from services.settings import JobsSettings
from tests.unit.jobs.conftest import Jobs
from tests.unit.jobs.test_digest import Deaf


async def test_what_has_expired_and_old_jobs_go(
    jobs: Jobs, settings: JobsSettings, database: Database
) -> None:
    now = now_ms()
    old, fresh, dead = (jobs.write(NewJob("export")) for _ in range(3))
    for job, state, age in (
        (old, "done", cleanup.ENDED_MS),
        (fresh, "done", 0),
        (dead, "dead", cleanup.ENDED_MS),
    ):
        jobs.database.execute(
            "update jobs set state = :state, finished = :finished where id = :id",
            {"id": job, "state": state, "finished": now - age - 1000},
        )
    sessions = {new_id(): now - 1, new_id(): now + 60_000}
    for session, expires in sessions.items():
        jobs.database.execute(
            """insert into sessions (id, user, generation, rotated, created, expires)
            values (:id, 'u', 1, 1, 1, :expires)""",
            {"id": session, "expires": expires},
        )
    invitations = {new_id(): now - 1, new_id(): now + 60_000}
    for invitation, expires in invitations.items():
        jobs.database.execute(
            """insert into invitations (id, workspace, role, secret, inviter, created, expires)
            values (:id, 'w', 'viewer', :id, 'u', 1, :expires)""",
            {"id": invitation, "expires": expires},
        )
    job = jobs.write(NewJob("clean-up", priority="low"))
    assert (await Attempts(settings, database, Deaf(), KINDS).make(job)).failure is None
    left = {str(identifier) for [identifier] in jobs.database.execute("select id from jobs")}
    assert old not in left and {fresh, dead, job} <= left
    kept = [str(identifier) for [identifier] in jobs.database.execute("select id from sessions")]
    assert [each for each in sessions if each in kept] == list(sessions)[1:]
    kept = [str(identifier) for [identifier] in jobs.database.execute("select id from invitations")]
    assert [each for each in invitations if each in kept] == list(invitations)[1:]
