"""Cloudflare's API over the official SDK, and its failures as one message each."""

import ipaddress
from collections.abc import Mapping
from threading import Lock
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from infra.errors import UserError
from infra.toolchain.plugins.cloudflare.kind import Request, Steps

if TYPE_CHECKING:
    from cloudflare import Cloudflare

OFFICIAL: Final = "https://api.cloudflare.com/client/v4"
_CONNECT_SECONDS: Final = 2.5  # with the SDK's two retries a dead endpoint fails within ten seconds
_ANSWER_SECONDS: Final = 60.0


class ApiError(UserError):
    """Cloudflare refused a call, or there was no answer. `status` is the HTTP status, 0 without an answer."""

    def __init__(self, where: str, what: str, remedy: str, status: int = 0) -> None:
        super().__init__(where, what, remedy)
        self.status = status


class Api:
    """Sends requests. The SDK is imported with the first: a run that changes nothing never pays for it."""

    def __init__(self, token: str, base_url: str | None = None) -> None:
        self._token = token
        self._base_url = (base_url or OFFICIAL).rstrip("/")
        self._client: Cloudflare | None = None
        self._lock = Lock()

    def run(self, steps: Steps) -> Any:
        """Sends what `steps` yields, in order; returns its value. Raises ApiError."""
        try:
            request = next(steps)
            while True:
                request = steps.send(self.send(request))
        except StopIteration as done:
            return done.value

    def send(self, request: Request) -> Any:
        """The `result` of one call. Raises ApiError."""
        import cloudflare

        try:
            envelope = self._call(request)
        except cloudflare.APIStatusError as error:
            raise refused(request, error.status_code, error.body) from None
        except cloudflare.APIConnectionError as error:
            raise unreachable(request, self._base_url, error) from None
        if request.method == "DELETE" and not envelope:
            return None  # some are answered by 204, without an envelope
        if not isinstance(envelope, Mapping) or envelope.get("success") is False:
            raise refused(request, 200, envelope)
        return envelope.get("result")

    def _call(self, request: Request) -> Any:
        from cloudflare import omit

        client = self._connect()
        headers = {"Authorization": f"Bearer {request.bearer}"} if request.bearer else {}
        options: Any = {"headers": headers, "params": dict(request.query)}
        if request.parts:
            options["headers"] = {**headers, "Content-Type": "multipart/form-data"}
            files = [(part.name, (part.name, part.content, part.content_type)) for part in request.parts]
            return client.post(request.path, cast_to=object, files=files, options=options)
        match request.method:
            case "GET":
                return client.get(request.path, cast_to=object, options=options)
            case "DELETE":
                options["headers"] = {**headers, "Content-Type": omit}  # there is no content
                return client.delete(request.path, cast_to=object, options=options)
            case "PUT":
                return client.put(request.path, cast_to=object, body=request.body, options=options)
            case "PATCH":
                return client.patch(request.path, cast_to=object, body=request.body, options=options)
            case _:
                return client.post(request.path, cast_to=object, body=request.body, options=options)

    def _connect(self) -> "Cloudflare":
        with self._lock:
            if self._client is None:
                self._client = self._make_client()
            return self._client

    def _make_client(self) -> "Cloudflare":
        import cloudflare
        import httpx

        client = cloudflare.Cloudflare(
            api_token=self._token,
            base_url=self._base_url,
            timeout=httpx.Timeout(_ANSWER_SECONDS, connect=_CONNECT_SECONDS),
            http_client=cloudflare.DefaultHttpxClient(trust_env=not _is_loopback(self._base_url)),
        )
        # The SDK adds credentials of another account from the environment; only the configured token counts.
        client.api_key = client.api_email = client.user_service_key = None
        return client


def _is_loopback(url: str) -> bool:
    """Whether a proxy must be left out, as Go's HTTP client does for the official plugin."""
    host = urlsplit(url).hostname or ""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


def refused(request: Request, status: int, body: Any) -> ApiError:
    """The message for an answer that is an error."""
    where = f"{request.method} {request.path}"
    errors = body.get("errors") if isinstance(body, Mapping) else None
    if not isinstance(errors, list):
        what = f"answered {status} without Cloudflare's JSON envelope"
        return ApiError(where, what, "Check cloudflare:baseUrl: it ends in /client/v4.", status)
    told = [f"{item.get('message', 'no message')} ({item.get('code', 'no code')})" for item in errors]
    what = f"Cloudflare answered {status}: {'; '.join(told) or 'no reason given'}"
    codes = {item.get("code") for item in errors}
    return ApiError(where, what, _remedy(status, codes), status)


def _remedy(status: int, codes: set[Any]) -> str:
    if status in (401, 403) or codes & {10000, 9109, 6003}:
        return "Check cloudflare:apiToken: it must be this account's, with the rights this call needs."
    if status == 429:
        return "Cloudflare limits calls to 1,200 in five minutes: wait, then run it again."
    if status >= 500:
        return "The fault is on the other side of cloudflare:baseUrl: run it again."
    if status == 404:
        return "Check the IDs in the path; if it was deleted by other hands, run pulumi refresh."
    return "Correct what it names, then run it again."


def unreachable(request: Request, base_url: str, error: Exception) -> ApiError:
    """The message for no answer at all."""
    reason = _reason(error)
    what = f"no answer from {base_url} ({request.method} {request.path}: {reason})"
    return ApiError("cloudflare:baseUrl", what, "Check the address, and that what it names is running.")


def _reason(error: Exception) -> str:
    cause = error.__cause__
    text = str(cause or error)
    if "timed out" in text.lower():
        return "timed out"
    return text.removeprefix("[Errno 111] ").lower() or type(cause or error).__name__
