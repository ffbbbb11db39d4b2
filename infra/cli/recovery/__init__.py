"""What a killed engine leaves behind (processes, locks, pending operations), and how the next run goes on."""

from infra.cli.recovery.locks import drop_dead_locks, names_dead_locks
from infra.cli.recovery.orphans import end_orphans
from infra.cli.recovery.pending import settle_pending_operations
from infra.cli.recovery.state import drop_broken_attributes

__all__ = [
    "drop_broken_attributes",
    "drop_dead_locks",
    "end_orphans",
    "names_dead_locks",
    "settle_pending_operations",
]
