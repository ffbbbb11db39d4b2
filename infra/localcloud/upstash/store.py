"""Upstash's declared state: its databases. The engine is brought up to it, never the reverse."""

from pathlib import Path

from infra.localcloud.documents import Documents
from infra.localcloud.upstash.model import Database


class Store:
    def __init__(self, path: Path) -> None:
        self._documents = Documents(path)

    def database(self, id_: str) -> Database | None:
        document = self._documents.get("database", id_)
        return Database.of(document) if document else None

    def databases(self) -> list[Database]:
        return [Database.of(document) for document in self._documents.list("database")]

    def put_database(self, database: Database) -> None:
        self._documents.put("database", database.id, database.document())

    def delete_database(self, id_: str) -> None:
        self._documents.delete("database", id_)

    def close(self) -> None:
        self._documents.close()
