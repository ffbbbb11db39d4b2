"""Every kind of job, and when the scheduled ones are done."""

from collections.abc import Sequence

from services.jobs.cleanup import CLEAN_UP
from services.jobs.digest import DIGEST
from services.jobs.exports import EXPORT
from services.jobs.imports import IMPORT
from services.jobs.mail import DIGEST_MAIL, MAIL
from services.jobs.orphans import ORPHANS
from services.jobs.previews import PREVIEW
from services.jobs.schedules import Schedule
from services.jobs.work import Kinds
from services.settings import JobsSettings

KINDS: Kinds = {
    "clean-up": CLEAN_UP,
    "digest": DIGEST,
    "digest mail": DIGEST_MAIL,
    "export": EXPORT,
    "import": IMPORT,
    "mail": MAIL,
    "orphans": ORPHANS,
    "preview": PREVIEW,
}


def schedules(settings: JobsSettings) -> Sequence[Schedule]:
    return [
        Schedule("digest", settings.digest_schedule),
        *([Schedule("digest mail", settings.mail_schedule)] if settings.mail else []),
        Schedule("clean-up", "17 * * * *"),
        Schedule("orphans", "47 * * * *", settings.server_name),
    ]
