"""`cloudflared tunnel --no-autoupdate run` on a local server: a connector of the local Cloudflare's tunnel.

Holds one streaming request at the local Cloudflare while it runs; requests reach the services from there
directly. Run as `python -I -S cloudflared.py ADDRESS_FILE SERVER ARGUMENT...`; standard library only.
Words, variables and log lines are cloudflared's (Cloudflare Tunnel docs, run parameters, 2026-11-23).
"""

import base64
import binascii
import http.client
import json
import os
import random
import signal
import socket
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

CONNECT = "/local/tunnels/connect"
SILENCE_SECONDS = 5.0
"""A heartbeat comes each second; after this much silence the connection counts as lost."""
BACKOFF_SECONDS = (0.2, 5.0)
FLAGS = ("--no-autoupdate",)
VALUED = ("--loglevel", "--logfile", "--metrics", "--protocol", "--retries", "--token-file", "--grace-period")
UNAUTHORIZED = 401


class Mistake(Exception):
    """The command line or the token is wrong."""


class Disconnected(Exception):
    """The tunnel's connection could not be had, or ended."""


def main(address_file: str, server: str, *argv: str) -> int:
    signal.signal(signal.SIGTERM, _terminated)
    signal.signal(signal.SIGINT, _terminated)
    try:
        if argv in (("--version",), ("version",)):
            print("cloudflared of the local cloud")
            return 0
        token = _token(_token_file(argv))
    except Mistake as mistake:
        print(mistake, file=sys.stderr)
        return 1
    _hold(Path(address_file), server, token)
    return 0


def _token_file(argv: tuple[str, ...]) -> str | None:
    """The value of --token-file. Raises Mistake for words that are not played."""
    words = iter(argv)
    plain: list[str] = []
    file = os.environ.get("TUNNEL_TOKEN_FILE")
    for word in words:
        name, equals, value = word.partition("=")
        if name == "--token":
            raise Mistake("--token shows the secret to everybody in `ps`: use TUNNEL_TOKEN or --token-file")
        if name in VALUED:
            value = value if equals else next(words, "")
            file = value if name == "--token-file" else file
        elif word not in FLAGS:
            plain.append(word)
    if plain != ["tunnel", "run"]:
        given = " ".join(plain) or "nothing"
        raise Mistake(f"only `cloudflared tunnel run` is played here, not `{given}`")
    return file


def _token(file: str | None) -> str:
    if file and not os.environ.get("TUNNEL_TOKEN"):
        try:
            token = Path(file).read_text().strip()
        except OSError as error:
            raise Mistake(f"Failed to read token file: {error}") from None
    else:
        token = os.environ.get("TUNNEL_TOKEN", "")
    try:
        content = json.loads(base64.b64decode(token, validate=True))
        if not all(isinstance(content[key], str) for key in "ats"):
            raise ValueError
    except (ValueError, KeyError, TypeError, binascii.Error):
        raise Mistake("Provided Tunnel token is not valid.") from None
    return token


def _hold(address_file: Path, server: str, token: str) -> None:
    """Connect, and again whenever the connection ends, until the process is told to stop."""
    backoff = BACKOFF_SECONDS[0]
    while True:
        try:
            for line in _lines(address_file, server, token):
                if "registered" in line:
                    _say("INF", f"Registered tunnel connection connIndex=0 connection={line['registered']}")
                    _notify("READY=1")
                    backoff = BACKOFF_SECONDS[0]
        except Disconnected as failure:
            _say("ERR", str(failure))
        seconds = backoff * random.uniform(0.5, 1.0)  # noqa: S311 - spreads reconnections
        _say("INF", f"Retrying connection in {seconds:.1f}s connIndex=0")
        time.sleep(seconds)
        backoff = min(backoff * 2, BACKOFF_SECONDS[1])


def _lines(address_file: Path, server: str, token: str) -> Iterator[dict[str, object]]:
    """The messages of one connection. Raises Disconnected with the reason when it cannot be had or is cut."""
    try:
        url = urlsplit(json.loads(address_file.read_text())["url"])
        connection = http.client.HTTPConnection(url.hostname or "", url.port, timeout=SILENCE_SECONDS)
        body = json.dumps({"token": token, "server": server})
        connection.request("POST", CONNECT, body, {"content-type": "application/json"})
        answer = connection.getresponse()
        if answer.status != http.client.OK:
            raise Disconnected(_refusal(answer))
        while line := answer.readline():
            yield json.loads(line)
    except (OSError, ValueError, KeyError, http.client.HTTPException) as error:
        reason = str(error) or type(error).__name__
        raise Disconnected(f"Unable to reach the local Cloudflare: {reason}") from None
    raise Disconnected("Connection terminated by the edge connIndex=0")


def _refusal(answer: http.client.HTTPResponse) -> str:
    reason = (
        "Unauthorized: Invalid tunnel secret" if answer.status == UNAUTHORIZED else f"HTTP {answer.status}"
    )
    return f'Register tunnel error from server side error="{reason}" connIndex=0'


def _say(level: str, text: str) -> None:
    now = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    print(f"{now} {level} {text}", file=sys.stderr, flush=True)


def _notify(state: str) -> None:
    path = os.environ.get("NOTIFY_SOCKET")
    if path:
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as notifier:
            notifier.sendto(state.encode(), path)


def _terminated(*_: object) -> None:
    _say("INF", "Initiating graceful shutdown due to signal terminated ...")
    sys.exit(0)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
