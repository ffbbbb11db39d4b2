"""That a server's services run, as a dynamic provider: what it adds to their activation is their end.

A command with a delete of its own cannot be destroyed once its host is gone; this can.
"""

import asyncio

import asyncssh
from pulumi import Output, ResourceOptions
from pulumi.dynamic import (
    ConfigureRequest,
    CreateResult,
    DiffResult,
    ReadResult,
    Resource,
    ResourceProvider,
    UpdateResult,
)

from infra.errors import UserError
from infra.providers.lifetime import end_with_engine
from infra.providers.results import Props, changed

SSH_KEY = "shoreline:sshKey"
CONNECT_SECONDS = 10.0
STOP_SECONDS = 60.0

_INPUTS = ("host", "port", "user", "hostKey")
# Content without a release: there is nothing to end then.
_END = "cd shoreline/current 2>/dev/null || exit 0; exec python3 -B -m services.host end"


class RunningServicesProvider(ResourceProvider):
    """Only `delete` calls the host: it ends them, and is content if the host is gone."""

    serialize_as_secret_always = False

    ssh_key: str

    def configure(self, req: ConfigureRequest) -> None:
        end_with_engine()
        self.ssh_key = req.config.get(SSH_KEY) or ""

    def diff(self, _id: str, olds: Props, news: Props) -> DiffResult:
        return DiffResult(changes=bool(changed(olds, news, *_INPUTS)))

    def create(self, props: Props) -> CreateResult:
        return CreateResult(props["name"], props)

    def update(self, _id: str, _olds: Props, news: Props) -> UpdateResult:
        return UpdateResult(news)

    def read(self, id_: str, props: Props) -> ReadResult:
        return ReadResult(id_, props)

    def delete(self, _id: str, props: Props) -> None:
        asyncio.run(_stop(props, self.ssh_key))


async def _stop(props: Props, ssh_key: str) -> None:
    """Raises UserError if the host is there but not the one that was pinned, or refuses the key."""
    host, port = props["host"], int(props["port"])  # the engine knows only floats
    connecting = asyncssh.connect(
        host,
        port,
        username=props["user"],
        client_keys=[asyncssh.import_private_key(ssh_key)],
        known_hosts=([asyncssh.import_public_key(props["hostKey"])], [], []),
        agent_path=None,
        config=None,
        connect_timeout=CONNECT_SECONDS,
        login_timeout=CONNECT_SECONDS,
    )
    try:
        async with connecting as connection:
            await connection.run(_END, timeout=STOP_SECONDS)
    except (asyncssh.HostKeyNotVerifiable, asyncssh.PermissionDenied) as error:
        remedy = f"Correct hostKey or {SSH_KEY}; if the host is lost, `pulumi state delete` this resource"
        raise UserError(f"shoreline:servers {props['name']} ({host}:{port})", error.reason, remedy) from None
    except (OSError, asyncssh.Error):
        return  # gone, or going: there is nothing left to stop


class RunningServices(Resource, module="shoreline", name="RunningServices"):
    """Our units on a host, which end with this resource."""

    name: Output[str]

    def __init__(
        self,
        resource_name: str,
        *,
        name: str,
        host: str,
        port: int,
        user: str,
        host_key: str,
        opts: ResourceOptions | None = None,
    ) -> None:
        inputs = {"name": name, "host": host, "port": port, "user": user, "hostKey": host_key}
        super().__init__(RunningServicesProvider(), resource_name, inputs, opts)
