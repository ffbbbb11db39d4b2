"""The digest by email, read from a real mail server."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from services.common.ids import new_id, now_ms
from services.common.jobs import NewJob
from tests.support.notes import INSERT, Note, note_id
from tests.support.process import until
from tests.support.smtp import Mailbox, mail_server
from tests.unit.jobs.conftest import Jobs


@pytest.fixture
def box() -> Iterator[tuple[Mailbox, int]]:
    with mail_server() as running:
        yield running


def reader(jobs: Jobs, address: str, *, changed: int) -> str:
    """Somebody who wants the digest, in a workspace of their own; gives the user's id."""
    user, workspace, now = new_id(), f"mail-{new_id()[-10:]}", now_ms()
    jobs.database.execute(
        "insert into users (id, email, name, password, created) values (:id, :email, 'Ada', 'x', 1)",
        {"id": user, "email": address},
    )
    jobs.database.execute(
        "insert into memberships (workspace, user, role, created) values (:w, :user, 'viewer', 1)",
        {"w": workspace, "user": user},
    )
    jobs.database.execute("insert into digest_readers values (:user)", {"user": user})
    for number in range(changed):
        note = Note(note_id(now, number), workspace, f"Tide {number}\nBcc: eve@evil.example", "", now, now)
        jobs.database.execute(INSERT, vars(note))
    return user


def test_each_reader_gets_one_email_a_day_of_what_has_changed(jobs: Jobs, box: tuple[Mailbox, int]) -> None:
    mailbox, port = box
    jobs.database.execute("delete from digest_readers")
    reader(jobs, "ada@harbour.example", changed=12)
    idle = reader(jobs, "idle@harbour.example", changed=0)
    gone = reader(jobs, "gone@harbour.example", changed=1)
    mailbox.answers = ["451 come back later"]
    first, second = (jobs.write(NewJob("digest mail", priority="low")) for _ in range(2))
    mail = {"MAIL_HOST": "127.0.0.1", "MAIL_PORT": str(port), "MAIL_FROM": "digest@harbour.example"}
    with replace(jobs, variables={**jobs.variables, **mail}).working():
        for job in (first, second):
            jobs.await_state(job, "done")
        until(lambda: mailbox.taken or None, "the email has come")
        for user, state in ((idle, "done"), (gone, "refused")):
            [[mailed]] = jobs.database.execute(
                "select id from jobs where kind = 'mail' and key like :key", {"key": f"mail {user} %"}
            )
            jobs.await_state(str(mailed), state)
    [message] = mailbox.taken
    assert message["to"] == "ada@harbour.example"
    assert message["subject"] == "12 notes changed since yesterday"
    assert message["bcc"] is None
    text = str(message.get_payload())
    assert "Tide 11" in text and "and 2 more." in text
    assert message["message-id"].endswith("@harbour.example>")


def test_a_stack_without_a_mail_server_sends_none_and_schedules_none(jobs: Jobs) -> None:
    jobs.database.execute("delete from jobs where kind = 'digest mail'")
    job = jobs.write(NewJob("mail", {"user": "nobody"}, priority="low"))
    with jobs.working():
        assert jobs.await_state(job, "refused")["error"] == "This stack sends no email."
        assert jobs.database.execute("select key from jobs where key like 'digest mail@%'") == []
