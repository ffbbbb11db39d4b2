"""Server-sent events of a response that is still open."""

from collections.abc import Iterator

import httpx


def events(response: httpx.Response) -> Iterator[dict[str, str]]:
    """As a browser's EventSource reads them."""
    event: dict[str, str] = {}
    for line in response.iter_lines():
        name, _, value = line.partition(": ")
        if line == "" and event:
            yield event
            event = {}
        elif name:
            event[name] = value
