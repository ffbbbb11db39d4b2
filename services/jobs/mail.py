"""The daily digest by email: a job for each reader and day, so that a bad address holds up nobody else.

An email can't be part of a transaction: a kill between the server's yes and ours sends it again, with its
Message-ID.
"""

import asyncio
import smtplib
import ssl
from collections.abc import Sequence
from datetime import UTC, datetime
from email.message import EmailMessage
from email.utils import formatdate

from services.common.hrana import Row, Statement, Value
from services.common.ids import DAY_MS, now_ms
from services.common.jobs import NewJob
from services.jobs.work import Kind, Refused, Work
from services.settings import Mail

TIMEOUT_SECONDS = 20.0
TLS_PORT = 465
AT_ONCE = 200
SHOWN = 10

READERS = "select user from digest_readers where user > :after order by user limit :limit"
READER = """select users.email, users.name from digest_readers join users on users.id = digest_readers.user
where digest_readers.user = :user"""
CHANGED = """select notes.workspace, notes.title, count(*) over () as total
from memberships join notes on notes.workspace = memberships.workspace
where memberships.user = :user and notes.updated >= :since
order by notes.updated desc, notes.id desc limit :limit"""


async def write_to_readers(work: Work) -> Sequence[Statement]:
    """A job for each reader; a page of them at a time, each page once."""
    day, after = datetime.fromtimestamp(work.job.created / 1000, UTC).date(), ""
    while True:
        args: dict[str, Value] = {"after": after, "limit": AT_ONCE}
        users = [str(row["user"]) for row in (await work.database.execute(READERS, args)).rows]
        if not users:
            return []
        jobs = [NewJob("mail", {"user": user}, key=f"mail {user} {day}", priority="low") for user in users]
        if after not in await work.steps():
            await work.step(after, [job.statement() for job in jobs])
        after = users[-1]


async def write_to_reader(work: Work) -> Sequence[Statement]:
    mail, user = work.settings.mail, str(work.job.payload["user"])
    if mail is None:
        raise Refused("This stack sends no email.")
    readers = (await work.database.execute(READER, {"user": user})).rows
    args: dict[str, Value] = {"user": user, "since": work.job.created - DAY_MS, "limit": SHOWN}
    changed = (await work.database.execute(CHANGED, args)).rows
    if readers and changed:
        message = _message(work, mail, readers[0], changed)
        await asyncio.to_thread(send, mail, message)
    return []


def _message(work: Work, mail: Mail, reader: Row, changed: Sequence[Row]) -> EmailMessage:
    message, total = EmailMessage(), int(changed[0]["total"] or 0)
    message["From"], message["To"] = mail.sender, str(reader["email"])
    message["Subject"] = f"{total} {'note' if total == 1 else 'notes'} changed since yesterday"
    message["Message-ID"] = f"<{work.job.id}@{mail.sender.rpartition('@')[2]}>"
    message["Date"] = formatdate(now_ms() / 1000)
    message["Auto-Submitted"] = "auto-generated"
    lines = [f"- {' '.join(str(row['title']).split())} ({row['workspace']})" for row in changed]
    more = [f"and {total - len(lines)} more."] if total > len(lines) else []
    end = f"\nRead them at {work.settings.public_url}/ . There you can end this digest, too."
    message.set_content("\n".join([f"Hello {reader['name']},\n", *lines, *more, end]) + "\n")
    return message


def send(mail: Mail, message: EmailMessage) -> None:
    """Raises Refused where the server will never take it, OSError or SMTPException where it may later."""
    with _connected(mail) as server:
        if mail.username is not None and mail.password is not None:
            server.login(mail.username, mail.password)
        try:
            server.send_message(message)
        except smtplib.SMTPRecipientsRefused as refused:
            [(code, _)] = refused.recipients.values()
            if code >= 500:
                raise Refused("The mail server refuses this address.") from None
            raise


def _connected(mail: Mail) -> smtplib.SMTP:
    tls = ssl.create_default_context()
    if mail.port == TLS_PORT:
        return smtplib.SMTP_SSL(mail.host, mail.port, timeout=TIMEOUT_SECONDS, context=tls)
    server = smtplib.SMTP(mail.host, mail.port, timeout=TIMEOUT_SECONDS)
    if not mail.is_loopback:
        server.starttls(context=tls)
    return server


DIGEST_MAIL = Kind(write_to_readers, seconds=300)
MAIL = Kind(write_to_reader, seconds=60)
