"""One server: its release, copied and put into force over SSH, and the tunnel to its services."""

import os
from collections.abc import Mapping, Sequence

import pulumi
import pulumi_command.remote as remote

from infra.components.commands import OnServer, variables
from infra.components.release import Release
from infra.components.tunnel import Tunnel
from infra.providers.running import RunningServices
from infra.settings import CloudflareSettings, ServerSettings

# A host that is not there is given up after three attempts, in about ten seconds.
_FORGIVEN_DIALS = 2
_DIAL_SECONDS = 3


class Server(pulumi.ComponentResource):
    """It can be destroyed when its host is gone; while the host is there, its services end with it."""

    origin: pulumi.Output[dict[str, str]]
    """Its name, and the URL at which the edge reaches it once the release is in force."""
    entrance: pulumi.Output[str]
    """The host that leads into its tunnel."""

    def __init__(
        self,
        server: ServerSettings,
        *,
        zone: CloudflareSettings,
        release: Release,
        environment: Mapping[str, pulumi.Input[str]],
        ssh_key: pulumi.Input[str],
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__("shoreline:index:Server", server.name, None, opts)
        self._server, self._release, self._commands = server, release, OnServer(release.id)
        self._connection = self._connect(ssh_key)

        tunnel = Tunnel(f"{server.name}-tunnel", server, zone=zone, opts=self._child())
        copy = self._copy_release()
        activation = self._activate(copy, tunnel, self._environment(environment))

        self._activation = activation
        self._end_with_stack(activation, tunnel)

        # The id, unlike the output, stays the same, and what is known at a preview says more.
        self.origin = activation.id.apply(
            lambda _: {"name": server.name, "url": f"https://{server.origin_host}"}
        )
        self.entrance = tunnel.host
        self.register_outputs({"origin": self.origin, "entrance": self.entrance})

    def _connect(self, ssh_key: pulumi.Input[str]) -> remote.ConnectionArgs:
        return remote.ConnectionArgs(
            host=self._server.host,
            port=self._server.port,
            user=self._server.user,
            private_key=ssh_key,
            host_key=self._server.host_key,
            dial_error_limit=_FORGIVEN_DIALS,
            per_dial_timeout=_DIAL_SECONDS,
        )

    def _copy_release(self) -> remote.CopyToRemote:
        return remote.CopyToRemote(
            f"{self._server.name}-release",
            connection=self._connection,
            # With the slash the folder's content is copied, without it the folder itself.
            source=pulumi.FileArchive(f"{os.path.relpath(self._release.folder)}/"),
            remote_path=self._commands.folder,
            # The plugin copies nothing when only the connection changes.
            triggers=[f"{self._server.host}:{self._server.port}", self._server.host_key],
            opts=self._child(),
        )

    def _environment(self, given: Mapping[str, pulumi.Input[str]]) -> Mapping[str, pulumi.Input[str]]:
        return {
            **given,
            "RELEASE": self._release.id,
            "SERVER_NAME": self._server.name,
        }

    def _activate(
        self, copy: remote.CopyToRemote, tunnel: Tunnel, environment: Mapping[str, pulumi.Input[str]]
    ) -> remote.Command:
        proxy = {
            "ORIGIN_HOST": self._server.origin_host,
            "ORIGIN_PORT": str(self._server.origin_port),
        }
        known = pulumi.Output.all(environment=environment, proxy=proxy, tunnel={"TUNNEL_TOKEN": tunnel.token})
        stdin: pulumi.Output[str] = pulumi.Output.secret(known.apply(_input))
        return remote.Command(
            f"{self._server.name}-services",
            connection=self._connection,
            create=self._commands.activate,
            stdin=stdin,
            add_previous_output_in_env=False,
            logging=remote.Logging.NONE,
            opts=self._child(depends_on=[copy, tunnel]),
        )

    def drain(self, keep: Sequence[str], after: pulumi.Resource) -> None:
        """Ends all releases but this one and those of `keep`, once nobody is sent to them any more."""
        remote.Command(
            f"{self._server.name}-drain",
            connection=self._connection,
            create=self._commands.drain(keep),
            add_previous_output_in_env=False,
            logging=remote.Logging.NONE,
            opts=self._child(depends_on=[self._activation, after]),
        )

    def _end_with_stack(self, activation: remote.Command, tunnel: Tunnel) -> None:
        """Destroyed first: Cloudflare deletes no tunnel that has a connection."""
        RunningServices(
            f"{self._server.name}-running",
            name=self._server.name,
            host=self._server.host,
            port=self._server.port,
            user=self._server.user,
            host_key=self._server.host_key,
            opts=self._child(depends_on=[activation, tunnel]),
        )

    def _child(self, depends_on: list[pulumi.Resource] | None = None) -> pulumi.ResourceOptions:
        return pulumi.ResourceOptions(parent=self, depends_on=depends_on)


def _input(known: Mapping[str, Mapping[str, str]]) -> str:
    return variables(known["environment"], proxy=known["proxy"], tunnel=known["tunnel"])
