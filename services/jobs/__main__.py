"""`python -m services.jobs`: works until SIGTERM, then finishes the jobs it has begun."""

import asyncio

from services.common.log import take_over_logging
from services.jobs.kinds import KINDS, schedules
from services.jobs.service import work
from services.settings import JobsSettings, load_or_exit

if __name__ == "__main__":
    take_over_logging()
    settings = load_or_exit(JobsSettings)
    asyncio.run(work(settings, KINDS, schedules(settings)))
