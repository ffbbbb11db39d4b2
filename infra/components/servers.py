"""The servers: as many as are declared, each with the same release."""

from collections.abc import Mapping, Sequence

import pulumi

from infra.components.release import Release
from infra.components.server import Server
from infra.settings import CloudflareSettings, ServerSettings


class Servers(pulumi.ComponentResource):
    """A release reaches one server after the other: one that doesn't work stops at the first."""

    origins: pulumi.Output[list[dict[str, str]]]
    """Name and URL of each server, for the Worker, once all of them work."""
    entrance: pulumi.Output[str] | None
    """The host that leads into the first server's tunnel; None where there is no server."""
    release: str
    """Its id: the Worker that is bound to it is answered by it."""

    def __init__(
        self,
        name: str,
        settings: Sequence[ServerSettings],
        *,
        zone: CloudflareSettings,
        release: Release,
        environment: Mapping[str, pulumi.Input[str]],
        ssh_key: pulumi.Input[str],
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__("shoreline:index:Servers", name, None, opts)
        self.release = release.id
        self._servers: list[Server] = []
        for server in settings:
            self._servers.append(
                Server(
                    server,
                    zone=zone,
                    release=release,
                    environment=environment,
                    ssh_key=ssh_key,
                    opts=pulumi.ResourceOptions(parent=self, depends_on=self._servers[-1:]),
                )
            )
        self.origins = pulumi.Output.all(*(server.origin for server in self._servers)).apply(list)
        self.entrance = self._servers[0].entrance if self._servers else None
        self.register_outputs({"origins": self.origins, "entrance": self.entrance})

    def drain(self, keep: Sequence[str], after: pulumi.Resource) -> None:
        """Ends the releases that no Worker asks for any more, after `after`: all but this one and `keep`."""
        for server in self._servers:
            server.drain(keep, after)
