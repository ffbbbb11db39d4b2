"""The gRPC face of the plugin (pulumirpc.ResourceProvider): decodes, decides or calls, encodes."""
# ruff: noqa: N802 - the methods are named by the protocol

import os
from typing import Any, Final
from urllib.parse import urlsplit

from google.protobuf.empty_pb2 import Empty
from pulumi.runtime.proto import provider_pb2

from infra.errors import UserError
from infra.toolchain.plugins.answers import Failure, checked, diff_response, names_problems
from infra.toolchain.plugins.cloudflare import IDENTITY, operations
from infra.toolchain.plugins.cloudflare.api import Api, ApiError
from infra.toolchain.plugins.cloudflare.decide import decide
from infra.toolchain.plugins.cloudflare.kind import Kind
from infra.toolchain.plugins.cloudflare.registry import KINDS
from infra.toolchain.plugins.enginelog import EngineLog
from infra.toolchain.plugins.guard import guarded
from infra.toolchain.plugins.standin import StandIn, type_token
from infra.toolchain.plugins.values import Secrets, Values, decode, encode, put

_OTHER_CREDENTIALS: Final = ("apiKey", "email", "apiUserServiceKey")
_TOKEN_REMEDY: Final = "Set it: pulumi config set --secret cloudflare:apiToken <token>."  # noqa: S105


class CloudflareServicer(StandIn):
    """Serves this project's types over Cloudflare's API."""

    identity = IDENTITY

    def __init__(self, log: EngineLog) -> None:
        super().__init__(log)
        self._api: Api | None = None

    # The provider's configuration

    @guarded
    def CheckConfig(self, request: provider_pb2.CheckRequest, context: Any) -> provider_pb2.CheckResponse:
        return checked(request.news, config_problems(with_environment(decode(request.news).values)))

    @guarded
    def Configure(
        self, request: provider_pb2.ConfigureRequest, context: Any
    ) -> provider_pb2.ConfigureResponse:
        given = decode(request.args).values if request.HasField("args") else dict(request.variables)
        config = with_environment(given)
        if isinstance(config.get("apiToken"), str):
            base_url = config.get("baseUrl")
            self._api = Api(config["apiToken"], base_url if isinstance(base_url, str) else None)
        return self.configured()

    # The resources

    @guarded
    def Check(self, request: provider_pb2.CheckRequest, context: Any) -> provider_pb2.CheckResponse:
        kind, inputs = self._kind(request.urn), decode(request.news).values
        problems = input_problems(kind, inputs)
        if not problems:
            # Stated among the inputs, the hashes show in a preview what an edited file changes.
            for path, digest in kind.hashes(kind.desired(inputs)).items():
                put(request.news, path, digest)
        return checked(request.news, problems)

    @guarded
    def Diff(self, request: provider_pb2.DiffRequest, context: Any) -> provider_pb2.DiffResponse:
        state, old, new = (decode(part).values for part in (request.olds, request.old_inputs, request.news))
        return diff_response(decide(self._kind(request.urn), state, old, new), request.ignoreChanges)

    @guarded
    def Create(self, request: provider_pb2.CreateRequest, context: Any) -> provider_pb2.CreateResponse:
        kind, given = self._kind(request.urn), decode(request.properties)
        if request.preview:
            outputs = operations.previewed(kind, given.values)
            return provider_pb2.CreateResponse(properties=encode(outputs, given.secrets, kind.sensitive))
        created: operations.Resource = self._calls().run(operations.create(kind, given.values))
        properties = encode(created.outputs, given.secrets, kind.sensitive)
        return provider_pb2.CreateResponse(id=created.id, properties=properties)

    @guarded
    def Update(self, request: provider_pb2.UpdateRequest, context: Any) -> provider_pb2.UpdateResponse:
        kind, state, given = self._kind(request.urn), decode(request.olds), decode(request.news)
        if request.preview:
            outputs = operations.previewed(kind, given.values, state.values)
        else:
            steps = operations.update(kind, request.id, state.values, given.values)
            outputs = self._calls().run(steps).outputs
        return provider_pb2.UpdateResponse(properties=encode(outputs, given.secrets, kind.sensitive))

    @guarded
    def Read(self, request: provider_pb2.ReadRequest, context: Any) -> provider_pb2.ReadResponse:
        kind, state, inputs = self._kind(request.urn), decode(request.properties), decode(request.inputs)
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
        kind = self._kind(request.urn)
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

    def _kind(self, urn: str) -> Kind:
        token = type_token(urn)
        kind = KINDS.get(token)
        if kind is None:
            raise self.unknown(token)
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
    return [*names_problems(inputs, kind.required, kind.inputs), *kind.problems(inputs)]
