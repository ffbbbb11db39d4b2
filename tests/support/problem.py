"""The one shape of problem documents, on every tier."""

import httpx


def check_problem(response: httpx.Response, status: int) -> dict[str, object]:
    """Holds an answer against the shape, and gives the document."""
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/problem+json"
    assert response.headers["cache-control"] == "no-store"
    document: dict[str, object] = response.json()
    assert document.keys() - {"errors"} == {"type", "title", "status", "detail", "requestId"}
    assert document["type"] == "about:blank"
    assert document["status"] == status
    assert document["requestId"] == response.headers["x-request-id"]
    return document
