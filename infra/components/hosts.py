"""What the components of the servers ask of the settings."""

from typing import Protocol


class ServerSettings(Protocol):
    """A server: how it is reached by SSH, and the host under which the edge reaches its services."""

    @property
    def name(self) -> str: ...
    @property
    def host(self) -> str: ...
    @property
    def port(self) -> int: ...
    @property
    def user(self) -> str: ...
    @property
    def host_key(self) -> str:
        """The pinned one, as in known_hosts from the algorithm on."""
        ...

    @property
    def origin_host(self) -> str: ...


class OriginSettings(Protocol):
    """Where the services listen on every server's loopback."""

    @property
    def api_port(self) -> int: ...
    @property
    def realtime_port(self) -> int: ...
