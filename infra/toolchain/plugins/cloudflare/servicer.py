"""The gRPC face of the plugin (pulumirpc.ResourceProvider): decodes, decides or calls, encodes."""
# ruff: noqa: N802 - the methods are named by the protocol

import os
from collections.abc import Callable
from threading import Event
from typing import Any, Final
from urllib.parse import urlsplit

from google.protobuf.empty_pb2 import Empty
from google.protobuf.struct_pb2 import Struct
from pulumi.runtime.proto import plugin_pb2, provider_pb2
from pulumi.runtime.proto.provider_pb2_grpc import ResourceProviderServicer

from infra.errors import UserError
from infra.toolchain.plugins.cloudflare import ANNOUNCEMENT, VERSION, operations
from infra.toolchain.plugins.cloudflare.api import Api, ApiError
from infra.toolchain.plugins.cloudflare.decide import Change, decide
from infra.toolchain.plugins.cloudflare.guard import guarded, refusal
from infra.toolchain.plugins.cloudflare.kind import Failure, Kind
from infra.toolchain.plugins.cloudflare.registry import KINDS
from infra.toolchain.plugins.cloudflare.values import Secrets, Values, decode, encode, path_text, put

_OTHER_CREDENTIALS: Final = ("apiKey", "email", "apiUserServiceKey")
_TOKEN_REMEDY: Final = "Set it: pulumi config set --secret cloudflare:apiToken <token>."  # noqa: S105

_Diff = provider_pb2.DiffResponse
_Kinds = provider_pb2.PropertyDiff


class CloudflareServicer(ResourceProviderServicer):
    """Serves the engine. `announce` writes one line into the engine's output; `stopping` is set by Cancel."""

    def __init__(
        self, announce: Callable[[str], None], attach: Callable[[str], None], stopping: Event
    ) -> None:
        self._announce = announce
        self._attach = attach
        self._stopping = stopping
        self._api: Api | None = None

    # The process

    @guarded
    def Handshake(self, request: Any, context: Any) -> provider_pb2.ProviderHandshakeResponse:
        return provider_pb2.ProviderHandshakeResponse(accept_secrets=True)

    @guarded
    def GetPluginInfo(self, request: Any, context: Any) -> plugin_pb2.PluginInfo:
        return plugin_pb2.PluginInfo(version=VERSION)

    @guarded
    def Attach(self, request: plugin_pb2.PluginAttach, context: Any) -> Empty:
        self._attach(request.address)
        return Empty()

    @guarded
    def Cancel(self, request: Any, context: Any) -> Empty:
        self._stopping.set()
        return Empty()

    # The provider's configuration

    @guarded
    def CheckConfig(self, request: provider_pb2.CheckRequest, context: Any) -> provider_pb2.CheckResponse:
        return _checked(request.news, config_problems(with_environment(decode(request.news).values)))

    @guarded
    def DiffConfig(self, request: provider_pb2.DiffRequest, context: Any) -> provider_pb2.DiffResponse:
        old, new = decode(request.olds).values, decode(request.news).values
        changed = sorted(name for name in {*old, *new} - {"version"} if old.get(name) != new.get(name))
        return _Diff(changes=_Diff.DIFF_SOME if changed else _Diff.DIFF_NONE, diffs=changed)

    @guarded
    def Configure(
        self, request: provider_pb2.ConfigureRequest, context: Any
    ) -> provider_pb2.ConfigureResponse:
        given = decode(request.args).values if request.HasField("args") else dict(request.variables)
        config = with_environment(given)
        if isinstance(config.get("apiToken"), str):
            base_url = config.get("baseUrl")
            self._api = Api(config["apiToken"], base_url if isinstance(base_url, str) else None)
        self._announce(ANNOUNCEMENT)
        return provider_pb2.ConfigureResponse(acceptSecrets=True, supportsPreview=True)

    # The resources

    @guarded
    def Check(self, request: provider_pb2.CheckRequest, context: Any) -> provider_pb2.CheckResponse:
        kind, inputs = _kind(request.urn), decode(request.news).values
        problems = input_problems(kind, inputs)
        if not problems:
            # Stated among the inputs, the hashes show in a preview what an edited file changes.
            for path, digest in kind.hashes(kind.desired(inputs)).items():
                put(request.news, path, digest)
        return _checked(request.news, problems)

    @guarded
    def Diff(self, request: provider_pb2.DiffRequest, context: Any) -> provider_pb2.DiffResponse:
        state, old, new = (decode(part).values for part in (request.olds, request.old_inputs, request.news))
        changes = decide(_kind(request.urn), state, old, new)
        ignored = set(request.ignoreChanges)
        return diff_response(
            [found for found in changes if not ignored & {found.path[0], path_text(found.path)}]
        )

    @guarded
    def Create(self, request: provider_pb2.CreateRequest, context: Any) -> provider_pb2.CreateResponse:
        kind, given = _kind(request.urn), decode(request.properties)
        if request.preview:
            outputs = operations.previewed(kind, given.values)
            return provider_pb2.CreateResponse(properties=encode(outputs, given.secrets, kind.sensitive))
        created: operations.Resource = self._calls().run(operations.create(kind, given.values))
        properties = encode(created.outputs, given.secrets, kind.sensitive)
        return provider_pb2.CreateResponse(id=created.id, properties=properties)

    @guarded
    def Update(self, request: provider_pb2.UpdateRequest, context: Any) -> provider_pb2.UpdateResponse:
        kind, state, given = _kind(request.urn), decode(request.olds), decode(request.news)
        if request.preview:
            outputs = operations.previewed(kind, given.values, state.values)
        else:
            steps = operations.update(kind, request.id, state.values, given.values)
            outputs = self._calls().run(steps).outputs
        return provider_pb2.UpdateResponse(properties=encode(outputs, given.secrets, kind.sensitive))

    @guarded
    def Read(self, request: provider_pb2.ReadRequest, context: Any) -> provider_pb2.ReadResponse:
        kind, state, inputs = _kind(request.urn), decode(request.properties), decode(request.inputs)
        found = self._find(kind, request.id, state.values, inputs.values)
        if found is None:
            return provider_pb2.ReadResponse()
        secrets = Secrets(texts=state.secrets.texts | inputs.secrets.texts)
        return provider_pb2.ReadResponse(
            id=found.id,
            properties=encode(found.outputs, secrets | state.secrets, kind.sensitive),
            inputs=encode(found.inputs, secrets | inputs.secrets, kind.sensitive),
        )

    @guarded
    def Delete(self, request: provider_pb2.DeleteRequest, context: Any) -> Empty:
        kind = _kind(request.urn)
        try:
            self._calls().run(operations.delete(kind, request.id, decode(request.properties).values))
        except ApiError as error:
            if error.status != 404:
                raise
        return Empty()

    def _find(self, kind: Kind, identity: str, state: Values, inputs: Values) -> operations.Resource | None:
        try:
            found: operations.Resource | None = self._calls().run(
                operations.read(kind, identity, state, inputs)
            )
        except ApiError as error:
            if error.status != 404:
                raise
            return None
        return found

    def _calls(self) -> Api:
        if self._api is None:
            raise UserError("cloudflare:apiToken", "is not set", _TOKEN_REMEDY)
        return self._api

    # What only the official plugin has

    Invoke: Any = refusal(lambda request: f"the function {request.tok}")
    Call: Any = refusal(lambda request: f"the method {request.tok}")
    Construct: Any = refusal(lambda request: f"the component {request.type}")
    List: Any = refusal(lambda request: f"listing {request.token}")
    Parameterize: Any = refusal(lambda _: "parameters")
    GetSchema: Any = refusal(lambda _: "a schema")
    GetMapping: Any = refusal(lambda _: "a mapping")
    GetMappings: Any = refusal(lambda _: "mappings")


def _kind(urn: str) -> Kind:
    token = urn.split("::")[2].rpartition("$")[2]
    kind = KINDS.get(token)
    if kind is None:
        raise UserError(
            token,
            f"is not among the types of Shoreline's stand-in for the cloudflare plugin {VERSION}",
            f"Install the official plugin: pulumi plugin install resource cloudflare {VERSION}.",
        )
    return kind


def with_environment(config: Values) -> Values:
    """The configuration, with the official plugin's environment variables for what is not set."""
    names = {"apiToken": "CLOUDFLARE_API_TOKEN", "baseUrl": "CLOUDFLARE_BASE_URL"}
    found = {name: os.environ[variable] for name, variable in names.items() if os.environ.get(variable)}
    return {**found, **config}


def config_problems(config: Values) -> list[Failure]:
    """What is wrong with the provider's configuration."""
    problems = [
        Failure(name, f"cloudflare:{name} is known to the official plugin only. Use cloudflare:apiToken.")
        for name in _OTHER_CREDENTIALS
        if config.get(name)
    ]
    if not config.get("apiToken"):
        problems.append(Failure("apiToken", f"cloudflare:apiToken is not set. {_TOKEN_REMEDY}"))
    base_url = config.get("baseUrl")
    if isinstance(base_url, str) and not _is_http(base_url):
        reason = f"cloudflare:baseUrl is not an http(s) address: {base_url}. Write https://host/client/v4."
        problems.append(Failure("baseUrl", reason))
    return problems


def _is_http(url: str) -> bool:
    try:
        parts = urlsplit(url)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False


def input_problems(kind: Kind, inputs: Values) -> list[Failure]:
    """What is wrong with a resource's inputs: missing or unknown properties, and what the type refuses."""
    missing = [Failure(name, f"{name} is required") for name in kind.required if inputs.get(name) is None]
    known = {*kind.inputs, "__defaults"}
    strange = (name for name in inputs if name not in known)
    unknown = [Failure(name, f"{name} is not a property of this type") for name in strange]
    return missing + unknown + kind.problems(inputs)


def _checked(news: Struct, problems: list[Failure]) -> provider_pb2.CheckResponse:
    failures = [provider_pb2.CheckFailure(property=found.property, reason=found.reason) for found in problems]
    return provider_pb2.CheckResponse(inputs=news, failures=failures)


_VERBS: Final = {
    ("add", False): _Kinds.ADD,
    ("add", True): _Kinds.ADD_REPLACE,
    ("update", False): _Kinds.UPDATE,
    ("update", True): _Kinds.UPDATE_REPLACE,
    ("delete", False): _Kinds.DELETE,
    ("delete", True): _Kinds.DELETE_REPLACE,
}


def diff_response(changes: list[Change]) -> provider_pb2.DiffResponse:
    """The decision as the engine reads it. A replacement is created before the old resource is deleted."""
    detailed = {
        path_text(change.path): _Kinds(kind=_VERBS[change.verb, change.replaces], inputDiff=change.declared)
        for change in changes
    }
    return _Diff(
        changes=_Diff.DIFF_SOME if changes else _Diff.DIFF_NONE,
        replaces=sorted({str(change.path[0]) for change in changes if change.replaces}),
        diffs=sorted({str(change.path[0]) for change in changes}),
        detailedDiff=detailed,
        hasDetailedDiff=True,
    )
