"""What every stand-in plugin answers alike (pulumirpc.ResourceProvider): its process, and what it refuses."""
# ruff: noqa: N802 - the methods are named by the protocol

from dataclasses import dataclass
from typing import Any

from google.protobuf.empty_pb2 import Empty
from pulumi.runtime.proto import plugin_pb2, provider_pb2
from pulumi.runtime.proto.provider_pb2_grpc import ResourceProviderServicer

from infra.errors import UserError
from infra.toolchain.plugins.enginelog import EngineLog
from infra.toolchain.plugins.guard import guarded, refusal
from infra.toolchain.plugins.values import decode


@dataclass(frozen=True)
class Identity:
    """The official plugin that is stood in for."""

    name: str
    version: str
    deeds: str
    """What the stand-in does the same way: the end of its announcement."""

    @property
    def remedy(self) -> str:
        command = f"pulumi plugin install resource {self.name} {self.version}"
        return f"Install the official plugin: {command}."

    @property
    def announcement(self) -> str:
        return (
            f"{self.name} {self.version}: Shoreline's stand-in plugin, because the official one is not "
            f"installed; {self.deeds}"
        )

    def __str__(self) -> str:
        return f"Shoreline's stand-in for the {self.name} plugin {self.version}"


class StandIn(ResourceProviderServicer):
    """Serves the engine."""

    identity: Identity

    def __init__(self, log: EngineLog) -> None:
        self.log = log

    @guarded
    def Handshake(self, request: Any, context: Any) -> provider_pb2.ProviderHandshakeResponse:
        return provider_pb2.ProviderHandshakeResponse(accept_secrets=True)

    @guarded
    def GetPluginInfo(self, request: Any, context: Any) -> plugin_pb2.PluginInfo:
        return plugin_pb2.PluginInfo(version=self.identity.version)

    @guarded
    def Attach(self, request: plugin_pb2.PluginAttach, context: Any) -> Empty:
        self.log.attach(request.address)
        return Empty()

    @guarded
    def Cancel(self, request: Any, context: Any) -> Empty:
        """What is under way ends by itself; the engine may still send the step that it had just begun."""
        return Empty()

    @guarded
    def DiffConfig(self, request: provider_pb2.DiffRequest, context: Any) -> provider_pb2.DiffResponse:
        old, new = decode(request.olds).values, decode(request.news).values
        changed = sorted(name for name in {*old, *new} - {"version"} if old.get(name) != new.get(name))
        some = provider_pb2.DiffResponse.DIFF_SOME if changed else provider_pb2.DiffResponse.DIFF_NONE
        return provider_pb2.DiffResponse(changes=some, diffs=changed)

    def configured(self) -> provider_pb2.ConfigureResponse:
        """Announces the stand-in; what a Configure that went well answers."""
        self.log.info(self.identity.announcement)
        return provider_pb2.ConfigureResponse(acceptSecrets=True, supportsPreview=True)

    def unknown(self, token: str) -> UserError:
        """The refusal of a resource type."""
        return UserError(token, f"is not among the types of {self.identity}", self.identity.remedy)

    Invoke: Any = refusal(lambda request: f"the function {request.tok}")
    Call: Any = refusal(lambda request: f"the method {request.tok}")
    Construct: Any = refusal(lambda request: f"the component {request.type}")
    List: Any = refusal(lambda request: f"listing {request.token}")
    Parameterize: Any = refusal(lambda _: "parameters")
    GetSchema: Any = refusal(lambda _: "a schema")
    GetMapping: Any = refusal(lambda _: "a mapping")
    GetMappings: Any = refusal(lambda _: "mappings")


def type_token(urn: str) -> str:
    """`urn:pulumi:dev::shoreline::a:b:C$command:remote:Command::name` -> `command:remote:Command`."""
    return urn.split("::")[2].rpartition("$")[2]
