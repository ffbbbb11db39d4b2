"""What a connection, a person, a workspace and a note may take."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Limits:
    """Times in seconds, sizes in bytes."""

    message_bytes: int = 16 * 1024
    note_message_bytes: int = 1024 * 1024
    """Of a connection to a note: what was written offline comes in one message."""
    presence_bytes: int = 4 * 1024
    """Of what a member tells of itself: everybody in the note hears it, and whoever comes in."""
    heartbeat_seconds: float = 20.0
    """So often the server sends a heartbeat, and pings a connection it hears nothing from."""
    lifetime_seconds: float = 600.0
    """As long as an access token: whoever may no longer come in stays no longer than that."""
    unread_bytes: int = 1024 * 1024
    """What may wait for a client that doesn't read, before it is let go."""
    behind_bytes: int = 256 * 1024
    """What may wait for a member of a room, before it is sent nothing until it has read that."""
    behind_seconds: float = 20.0
    """What it has to do so."""
    connections_of_one_person: int = 20
    connections_of_one_workspace: int = 2000
    connection_rate: float = 256 * 1024
    """Bytes a second that a connection may send for long; more makes it wait."""
    person_rate: float = 512 * 1024
    workspace_rate: float = 4 * 1024 * 1024
    message_cost: int = 1024
    """What a message, or a part of one, counts for beside its size."""
    burst_seconds: float = 8.0
    """What may be sent at once: so many seconds of each rate."""
    rooms: int = 2000
    document_bytes: int = 4 * 1024 * 1024
    unsaved_bytes: int = 4 * 1024 * 1024
    """Of one note, while the database doesn't answer."""
    log_updates: int = 200
    """A note's log is folded into its state when it is longer, or larger than log_bytes."""
    log_bytes: int = 256 * 1024
    show_seconds: float = 1.0
    """How far a note's row may be behind its document."""
    linger_seconds: float = 10.0
    """How long a room stays when nobody is in it."""
    look_seconds: float = 15.0
    """How often a room looks for what other processes have written, should nobody tell."""
    drain_seconds: float = 5.0
    """What clients have to answer the goodbye when the service stops."""
    settle_seconds: float = 15.0
    """What the database has to take the last edits then."""
