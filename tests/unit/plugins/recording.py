"""The recording in tests/wire as values: sections of requests."""

import ast
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

FILE = Path(__file__).parents[2] / "wire" / "pulumi-cloudflare-6.17.0.txt"


@dataclass(frozen=True)
class Sent:
    """One request: its JSON body is decoded, another body stays bytes."""

    method: str
    path: str
    content_type: str | None
    body: Any = None


def sent(method: str, path: str, content_type: str | None, body: bytes) -> Sent:
    """A request as it is compared."""
    if content_type == "application/json" and body:
        return Sent(method, path, content_type, json.loads(body))
    return Sent(method, path, content_type, body or None)


def sections() -> dict[str, list[Sent]]:
    """Heading -> requests, without those of WorkersScript, a type this project doesn't use."""
    found: dict[str, list[Sent]] = {}
    heading, head = "", ""
    lines = [line for line in FILE.read_text().splitlines() if line and not line.startswith("# ")]
    for line, following in zip(lines, [*lines[1:], ""], strict=True):
        if line.startswith("## "):
            heading = line.removeprefix("## ")
            found[heading] = []
        elif not line.startswith("  body="):
            head, _, content_type = line.partition(" ct=")
            method, path = head.split(" ")
            body = (
                ast.literal_eval(following.removeprefix("  body="))
                if following.startswith("  body=")
                else b""
            )
            kind = None if content_type == "None" else content_type
            found[heading].append(sent(method, path, kind, body))
    return {heading: [one for one in requests if not _of_script(one)] for heading, requests in found.items()}


def _of_script(request: Sent) -> bool:
    script = "/client/v4/accounts/ACCOUNT/workers/scripts/edge"
    return request.path in (
        script,
        f"{script}/settings",
        f"{script}/content/v2",
        "/client/v4/accounts/ACCOUNT/workers/services/edge",
    )
