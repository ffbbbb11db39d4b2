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
        servers: list[Server] = []
        for server in settings:
            servers.append(
                Server(
                    server,
                    zone=zone,
                    release=release,
                    environment=environment,
                    ssh_key=ssh_key,
                    opts=pulumi.ResourceOptions(parent=self, depends_on=servers[-1:]),
                )
            )
        self.origins = pulumi.Output.all(*(server.origin for server in servers)).apply(list)
        self.entrance = servers[0].entrance if servers else None
        self.register_outputs({"origins": self.origins, "entrance": self.entrance})
