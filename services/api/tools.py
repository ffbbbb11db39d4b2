"""What every handler of the api may use."""

from dataclasses import dataclass

from services.api.live import Live
from services.api.passwords import Passwords
from services.api.queue import Queue
from services.api.revocations import Revocations
from services.common.files.disk import Disk
from services.common.hrana import Database
from services.settings import ApiSettings


@dataclass(frozen=True)
class Tools:
    """Made once at the start, shared by all requests."""

    settings: ApiSettings
    database: Database
    passwords: Passwords
    queue: Queue
    disk: Disk
    revocations: Revocations
    live: Live
