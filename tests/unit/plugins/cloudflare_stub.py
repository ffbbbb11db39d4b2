"""A server that records requests and answers like Cloudflare's API with what was stated."""

import json
from collections.abc import Iterable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any, Self
from uuid import uuid4

from tests.unit.plugins.recording import Sent, sent

TOKEN = "planted-token-4711"


class CloudflareStub:
    """Listens on a free loopback port. Hands out `ids` first; with `buckets` a session asks for files."""

    def __init__(self, ids: Iterable[str] = ()) -> None:
        self.requests: list[Sent] = []
        self.tokens: list[str | None] = []
        self.objects: dict[str, Any] = {}
        self.buckets = False
        self.failure: tuple[int, bytes] | None = None
        self._ids = list(ids)
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._thread = Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02})

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}/client/v4"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def taken(self) -> list[Sent]:
        """The requests since the last call."""
        found, self.requests = self.requests, []
        return found

    def answer(self, request: Sent) -> tuple[int, Any]:
        """Status and result."""
        path = request.path.partition("?")[0]
        match request.method:
            case "POST" if path.endswith("/assets-upload-session"):
                hashes = [entry["hash"] for entry in request.body["manifest"].values()]
                return 200, {
                    "jwt": "session" if self.buckets else "abc",
                    "buckets": [hashes] if self.buckets else [],
                }
            case "POST" if path.endswith("/assets/upload"):
                return 201, {"jwt": "completion"}
            case "POST":
                return 200, self._keep(path, request.body)
            case "PUT" if path.endswith("/domains"):
                return 200, self._keep(path, request.body)
            case "PUT" | "PATCH":
                body = {"schedules": request.body} if isinstance(request.body, list) else request.body
                self.objects[path] = {**self.objects.get(path, {}), **body}
            case "DELETE":
                return (200, None) if self.objects.pop(path, None) else (404, None)
        return (200, self.objects[path]) if path in self.objects else (404, None)

    def _keep(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        identity = self._ids.pop(0) if self._ids else uuid4().hex
        kept: dict[str, Any] = json.loads(json.dumps(body)) | {
            "id": identity,
            "created_on": "2026-11-23T00:00:00Z",
        }
        for binding in kept.get("bindings", []):
            binding.pop("text", None)
        kept.pop("assets", None)
        self.objects[f"{path}/{identity}"] = kept
        return kept


def _handler(stub: CloudflareStub) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _serve(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length") or 0))
            request = sent(self.command, self.path, self.headers.get("content-type"), body)
            stub.requests.append(request)
            stub.tokens.append(self.headers.get("authorization"))
            if stub.failure:
                self._send(*stub.failure)
                return
            status, result = stub.answer(request)
            errors = [] if status < 400 else [{"code": 10007, "message": "This Worker does not exist"}]
            envelope = {"success": status < 400, "errors": errors, "messages": [], "result": result}
            self._send(status, json.dumps(envelope).encode())

        def _send(self, status: int, body: bytes) -> None:
            self.send_response(status)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _serve  # noqa: N815 - http.server's names

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - http.server's signature
            """Nothing: the requests are recorded."""

    return Handler
