"""Every kind of job, and when the scheduled ones are done."""

from collections.abc import Sequence

from services.jobs.cleanup import CLEAN_UP
from services.jobs.digest import DIGEST
from services.jobs.exports import EXPORT
from services.jobs.schedules import Schedule
from services.jobs.work import Kinds
from services.settings import Settings

KINDS: Kinds = {"export": EXPORT, "digest": DIGEST, "clean-up": CLEAN_UP}


def schedules(settings: Settings) -> Sequence[Schedule]:
    return [Schedule("digest", settings.digest_schedule), Schedule("clean-up", "17 * * * *")]
