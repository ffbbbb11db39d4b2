"""What the control plane was told: Workers, versions, deployments, routes, domains, records, tunnels.

Documents hold no code and no Worker's secret: those are in the version's files, which `Files` keeps. A
tunnel's secret is here, in a document of its own: the API hands it out again in the tunnel's token.
"""

import secrets
import uuid
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

from infra.localcloud.cloudflare.errors import ApiError, no_route, no_tunnel, no_version, no_worker
from infra.localcloud.documents import Documents

Document = dict[str, Any]


def new_id() -> str:
    """An object's id: 32 hex digits."""
    return secrets.token_hex(16)


def new_uuid() -> str:
    """A version's or deployment's id."""
    return str(uuid.uuid4())


class Store:
    """Typed access to the documents of one account with one zone."""

    def __init__(self, path: Path) -> None:
        self._documents = Documents(path)

    def close(self) -> None:
        self._documents.close()

    def transaction(self) -> AbstractContextManager[None]:
        return self._documents.transaction()

    def put(self, kind: str, document: Document) -> None:
        self._documents.put(kind, document["id"], document)

    def delete(self, kind: str, key: str) -> bool:
        return self._documents.delete(kind, key)

    def get(self, kind: str, key: str) -> Document | None:
        return self._documents.get(kind, key)

    def all(self, kind: str) -> list[Document]:
        return self._documents.list(kind)

    def worker(self, id_or_name: str) -> Document:
        """Raises 10007."""
        found = self.get("worker", id_or_name) or self.worker_named(id_or_name)
        if found is None:
            raise no_worker(id_or_name)
        return found

    def worker_named(self, name: str) -> Document | None:
        return next((worker for worker in self.all("worker") if worker["name"] == name), None)

    def versions(self, worker_id: str) -> list[Document]:
        """Oldest first."""
        return [version for version in self.all("version") if version["worker_id"] == worker_id]

    def version(self, worker_id: str, version_id: str) -> Document:
        """Raises 10071."""
        found = self.get("version", version_id)
        if found is None or found["worker_id"] != worker_id:
            raise no_version(version_id)
        return found

    def deployments(self, worker_id: str) -> list[Document]:
        """Newest first: the first one is served."""
        return [each for each in reversed(self.all("deployment")) if each["worker_id"] == worker_id]

    def schedule(self, worker_id: str) -> list[Document]:
        found = self.get("schedule", worker_id)
        return [] if found is None else list(found["schedules"])

    def route(self, route_id: str) -> Document:
        """Raises 10009."""
        found = self.get("route", route_id)
        if found is None:
            raise no_route()
        return found

    def domain(self, domain_id: str) -> Document:
        found = self.get("domain", domain_id)
        if found is None:
            raise ApiError(404, 100114, "workers.api.error.domain_not_found")
        return found

    def record(self, record_id: str) -> Document:
        found = self.get("record", record_id)
        if found is None:
            raise ApiError(404, 81044, "Record does not exist.")
        return found

    def tunnel(self, tunnel_id: str) -> Document:
        """One that was deleted too. Raises 1003."""
        found = self.get("tunnel", tunnel_id)
        if found is None:
            raise no_tunnel()
        return found

    def key(self, name: str) -> str:
        """A random key made at first use, such as that of upload tokens."""
        found = self.get("key", name)
        if found is None:
            found = {"id": name, "value": secrets.token_hex(32)}
            self.put("key", found)
        return str(found["value"])

    def forget_worker(self, worker: Document) -> list[str]:
        """Drop a Worker and all that refers to it; returns the ids of its versions."""
        versions = [version["id"] for version in self.versions(worker["id"])]
        with self.transaction():
            for kind in ("version", "deployment", "route", "domain"):
                for document in self.all(kind):
                    if document.get("worker_id") == worker["id"]:
                        self.delete(kind, document["id"])
            self.delete("schedule", worker["id"])
            self.delete("worker", worker["id"])
        return versions
