"""Upstash's REST protocol over a database's Valkey (upstash.com/docs/redis/features/restapi, 2026-11-23)."""

import base64
import hmac
import json
import re
from typing import Any
from urllib.parse import parse_qsl, unquote_to_bytes

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.types import Receive, Scope, Send

from infra.localcloud.plane import RefusedError
from infra.localcloud.upstash import stream
from infra.localcloud.upstash.commands import rest_refusal
from infra.localcloud.upstash.engine import Engine
from infra.localcloud.upstash.resp import LostError, Reply, ReplyError
from infra.localcloud.upstash.valkey import Valkey
from infra.vendors.upstash_limits import MAX_REQUEST_BYTES

METHODS = ("HEAD", "GET", "POST", "PUT")
Command = list[bytes]

NO_PERMISSION = re.compile(r"^NOPERM User \S+ has")


class Rest:
    """The ASGI app of all databases. The first label of the Host header picks one; its token opens it.

    The steps of a request, in order: database, method, token, body, path.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            raise RuntimeError(f"the local Upstash does not speak {scope['type']}")
        request = Request(scope, receive)
        try:
            response = await self._answer(request)
        except RefusedError as refusal:
            response = _json({"error": refusal.error}, refusal.status)
        except LostError:
            response = _json({"error": "ERR the connection to the database broke"}, 503)
        except (OSError, ReplyError):
            response = _json({"error": "ERR the database is not available"}, 503)
        await response(scope, receive, send)

    async def _answer(self, request: Request) -> Response:
        valkey = self._engine.find(request.headers.get("host", ""))
        if valkey is None:
            raise RefusedError(404, "ERR there is no database at this host")
        if request.method not in METHODS:
            raise RefusedError(405, "ERR method not allowed")
        read_only = _read_only(request, valkey)
        encode = _encoder(request)
        path: bytes = request.scope["raw_path"]
        match path.lower():
            case b"/pipeline":
                return await _pipeline(valkey, await _commands(request), read_only, encode)
            case b"/multi-exec":
                return await _transaction(valkey, await _commands(request), read_only, encode)
            case b"/monitor":
                return await _stream(valkey, [b"MONITOR"], read_only)
            case lower if lower.startswith((b"/subscribe/", b"/psubscribe/")):
                return await _stream(valkey, _path_command(path), read_only)
        return await _single(valkey, await _command(request, path), read_only, encode)


class _Encoder:
    """How answers become JSON: strings as UTF-8, or in base64 but for `OK`."""

    def __init__(self, *, in_base64: bool) -> None:
        self._in_base64 = in_base64

    def outcome(self, reply: Reply) -> dict[str, Any]:
        return {"error": _text(reply)} if isinstance(reply, ReplyError) else {"result": self._value(reply)}

    def _value(self, reply: Reply) -> Any:
        match reply:
            case bytes() if self._in_base64 and reply != b"OK":
                return base64.b64encode(reply).decode()
            case bytes():
                return reply.decode("utf-8", "replace")
            case list():
                return [self._value(each) for each in reply]
            case ReplyError():
                return _text(reply)
        return reply


def _text(error: ReplyError) -> str:
    text = str(error)
    if text.startswith("OOM "):
        return "ERR DB capacity quota exceeded"
    return NO_PERMISSION.sub("NOPERM this user has", text)


def _read_only(request: Request, valkey: Valkey) -> bool:
    """Whether the request's token may only read. Raises RefusedError without a token of this database."""
    scheme, _, given = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer":
        given = request.query_params.get("_token", "")
    credentials = valkey.database.credentials
    for token, read_only in ((credentials.rest_token, False), (credentials.read_only_rest_token, True)):
        if hmac.compare_digest(given.strip().encode(), token.encode()):
            return read_only
    raise RefusedError(401, "WRONGPASS invalid or missing auth token")


def _encoder(request: Request) -> _Encoder:
    shape = request.headers.get("upstash-response-format", "json")
    if shape != "json":
        status = 501 if shape == "resp2" else 400
        raise RefusedError(status, f"ERR the local Upstash does not implement response format {shape!r}")
    return _Encoder(in_base64=request.headers.get("upstash-encoding", "").lower() == "base64")


async def _body(request: Request) -> bytes:
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > MAX_REQUEST_BYTES:
            raise RefusedError(400, "ERR max request size exceeded")
    return bytes(body)


async def _command(request: Request, path: bytes) -> Command:
    """The body's command at `/`; else the path's, then the body as an argument, then the query's options."""
    writes = request.method in ("POST", "PUT")
    if path == b"/":
        if not writes:
            raise RefusedError(400, "ERR empty command")
        return _arguments(_parsed(await _body(request)))
    command = _path_command(path)
    body = await _body(request) if writes else b""
    if body:
        command.append(body)
    for name, value in parse_qsl(request.scope["query_string"].decode("latin-1"), keep_blank_values=True):
        if name != "_token":
            command += [part.encode() for part in (name, value) if part]
    return command


def _path_command(path: bytes) -> Command:
    return [unquote_to_bytes(part) for part in path.removeprefix(b"/").split(b"/")]


async def _commands(request: Request) -> list[Command]:
    if request.method not in ("POST", "PUT"):
        raise RefusedError(405, "ERR method not allowed")
    rows = _parsed(await _body(request))
    if not isinstance(rows, list) or not rows:
        raise RefusedError(400, "ERR failed to parse the commands")
    return [_arguments(row) for row in rows]


def _parsed(body: bytes) -> Any:
    """JSON whose numbers stay as they were written."""
    try:
        return json.loads(body, parse_int=str, parse_float=str)
    except (ValueError, RecursionError):
        raise RefusedError(400, "ERR failed to parse the request body as JSON") from None


def _arguments(row: Any) -> Command:
    if not isinstance(row, list) or not row:
        raise RefusedError(400, "ERR empty command" if row == [] else "ERR failed to parse the command")
    return [_argument(each) for each in row]


def _argument(value: Any) -> bytes:
    match value:
        case bool():
            return b"true" if value else b"false"
        case str():
            return value.encode("utf-8", "surrogatepass")
    raise RefusedError(400, "ERR failed to parse the command")


async def _single(valkey: Valkey, command: Command, read_only: bool, encoder: _Encoder) -> Response:
    _check(command)
    [reply] = await valkey.pool(read_only=read_only).run(command)
    outcome = encoder.outcome(reply)
    return _json(outcome, 400 if "error" in outcome else 200)


async def _pipeline(valkey: Valkey, commands: list[Command], read_only: bool, encoder: _Encoder) -> Response:
    """Not atomic: each command has its own outcome, and a refused one stops none of the others."""
    refusals = [rest_refusal(command) for command in commands]
    accepted = [command for command, refusal in zip(commands, refusals, strict=True) if refusal is None]
    replies = iter(await valkey.pool(read_only=read_only).run(*accepted) if accepted else ())
    outcomes = [
        {"error": refusal.error} if refusal else encoder.outcome(next(replies)) for refusal in refusals
    ]
    return _json(outcomes)


async def _transaction(
    valkey: Valkey, commands: list[Command], read_only: bool, encoder: _Encoder
) -> Response:
    """Atomic: MULTI ... EXEC; a command that is refused or cannot be queued discards the whole."""
    for command in commands:
        _check(command)
    async with valkey.pool(read_only=read_only).connection() as connection:
        _, *queued, done = await connection.run([b"MULTI"], *commands, [b"EXEC"])
    if isinstance(done, ReplyError):
        first = next((reply for reply in queued if isinstance(reply, ReplyError)), done)
        return _json(encoder.outcome(first), 400)
    return _json([encoder.outcome(reply) for reply in done])


def _check(command: Command) -> None:
    refusal = rest_refusal(command)
    if refusal is not None:
        raise RefusedError(refusal.status, refusal.error)


async def _stream(valkey: Valkey, command: Command, read_only: bool) -> Response:
    """Server-sent events until the client goes."""
    connection = await valkey.subscriber(read_only=read_only)
    [first] = await connection.run(command)
    if isinstance(first, ReplyError):
        connection.close()
        raise RefusedError(400, _text(first))
    return StreamingResponse(stream.events(connection, first), media_type="text/event-stream")


def _json(value: object, status: int = 200) -> Response:
    body = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return Response(body.encode("utf-8", "replace"), status, media_type="application/json")
