"""What one connection may take."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Limits:
    """Times in seconds, sizes in bytes."""

    message_bytes: int = 16 * 1024
    heartbeat_seconds: float = 20.0
    """So often the server sends a heartbeat, and pings a connection it hears nothing from."""
    lifetime_seconds: float = 600.0
    """As long as an access token: whoever signed out, or may no longer come in, stays no longer than that."""
    unread_bytes: int = 1024 * 1024
    """What may wait for a client that doesn't read, before it is let go."""
    connections_of_one_person: int = 20
    drain_seconds: float = 5.0
    """What clients have to answer the goodbye when the service stops."""
