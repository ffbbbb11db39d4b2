"""The gRPC face of the plugin (pulumirpc.ResourceProvider): decodes, decides or acts, encodes."""
# ruff: noqa: N802 - the methods are named by the protocol

from typing import Any

from google.protobuf.empty_pb2 import Empty
from google.protobuf.struct_pb2 import Struct
from pulumi.runtime.proto import provider_pb2

from infra.errors import UserError
from infra.toolchain.plugins.answers import Change, Verb, checked, diff_response, names_problems
from infra.toolchain.plugins.command import IDENTITY
from infra.toolchain.plugins.command.connection import not_secret
from infra.toolchain.plugins.command.kinds import KINDS, Kind
from infra.toolchain.plugins.command.running import Say
from infra.toolchain.plugins.command.sources import same
from infra.toolchain.plugins.guard import guarded
from infra.toolchain.plugins.standin import StandIn, type_token
from infra.toolchain.plugins.values import Decoded, Secrets, Values, decode, encode

_SHORTEST_SECRET = 4
"""Characters; a shorter text turns up in any output by chance."""


class CommandServicer(StandIn):
    """Serves remote.Command and remote.CopyToRemote."""

    identity = IDENTITY

    @guarded
    def CheckConfig(self, request: provider_pb2.CheckRequest, context: Any) -> provider_pb2.CheckResponse:
        return checked(request.news, [])

    @guarded
    def Configure(self, request: Any, context: Any) -> provider_pb2.ConfigureResponse:
        return self.configured()

    @guarded
    def Check(self, request: provider_pb2.CheckRequest, context: Any) -> provider_pb2.CheckResponse:
        kind, inputs = self._kind(request.urn), decode(request.news).values
        return checked(
            request.news, [*names_problems(inputs, kind.required, kind.inputs), *kind.problems(inputs)]
        )

    @guarded
    def Diff(self, request: provider_pb2.DiffRequest, context: Any) -> provider_pb2.DiffResponse:
        old, new = decode(request.old_inputs).values, decode(request.news).values
        return diff_response(decide(self._kind(request.urn), old, new), request.ignoreChanges)

    @guarded
    def Create(self, request: provider_pb2.CreateRequest, context: Any) -> provider_pb2.CreateResponse:
        kind, given = self._kind(request.urn), decode(request.properties)
        if request.preview:
            return provider_pb2.CreateResponse(properties=_encoded(kind, kind.previewed(given.values), given))
        outputs = _without_secrets(given, lambda: kind.create(given.values, self._say(request.urn, given)))
        identity = kind.identify(request.urn.rpartition("::")[2])
        return provider_pb2.CreateResponse(id=identity, properties=_encoded(kind, outputs, given))

    @guarded
    def Update(self, request: provider_pb2.UpdateRequest, context: Any) -> provider_pb2.UpdateResponse:
        kind, state, given = self._kind(request.urn), decode(request.olds), decode(request.news)
        if request.preview:
            return provider_pb2.UpdateResponse(properties=_encoded(kind, kind.previewed(given.values), given))
        say = self._say(request.urn, given)
        outputs = _without_secrets(given, lambda: kind.update(state.values, given.values, say))
        return provider_pb2.UpdateResponse(properties=_encoded(kind, outputs, given))

    @guarded
    def Read(self, request: provider_pb2.ReadRequest, context: Any) -> provider_pb2.ReadResponse:
        """What was done can't be read back: the state is taken as it is."""
        self._kind(request.urn)
        if not request.properties.fields:
            raise UserError(request.id, "can't be imported: a command leaves nothing to read", "Declare it.")
        return provider_pb2.ReadResponse(id=request.id, properties=request.properties, inputs=request.inputs)

    @guarded
    def Delete(self, request: provider_pb2.DeleteRequest, context: Any) -> Empty:
        kind, state = self._kind(request.urn), decode(request.properties)
        _without_secrets(state, lambda: kind.delete(state.values, self._say(request.urn, state)))
        return Empty()

    def _kind(self, urn: str) -> Kind:
        token = type_token(urn)
        kind = KINDS.get(token)
        if kind is None:
            raise self.unknown(token)
        return kind

    def _say(self, urn: str, given: Decoded) -> Say:
        texts = _secret_texts(given)
        return lambda line: self.log.info(redacted(line, texts), urn)


def decide(kind: Kind, old: Values, new: Values) -> list[Change]:
    """The changes between old and new inputs."""
    changes = []
    for name in kind.inputs:
        before, after = old.get(name), new.get(name)
        if same(before, after):
            continue
        verb: Verb = "add" if before is None else "delete" if after is None else "update"
        changes.append(Change((name,), verb, name in kind.replaces, declared=True))
    return changes


def redacted(text: str, secrets: frozenset[str]) -> str:
    """The text without what is secret."""
    for secret in sorted(secrets, key=len, reverse=True):
        text = text.replace(secret, "[secret]")
    return text


def _secret_texts(given: Decoded) -> frozenset[str]:
    shown = not_secret(given.values.get("connection"))
    return frozenset(text for text in given.secrets.texts - shown if len(text) >= _SHORTEST_SECRET)


def _without_secrets(given: Decoded, act: Any) -> Any:
    """What `act` returns; its failure without what is secret."""
    try:
        return act()
    except UserError as error:
        texts = _secret_texts(given)
        where, what, remedy = (redacted(text, texts) for text in (error.where, error.what, error.remedy))
        raise UserError(where, what, remedy) from None


def _encoded(kind: Kind, outputs: Values, given: Decoded) -> Struct:
    """Outputs with the secrecy of the inputs; what is computed is as secret as what it may reveal."""
    paths = set(given.secrets.paths)
    if any(path[0] in kind.reveals for path in paths):
        paths |= {(name,) for name in kind.computed}
    texts = _secret_texts(given)
    return encode(outputs, Secrets(frozenset(paths), texts), lambda path: path == ("connection",))
