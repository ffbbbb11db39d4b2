"""Turso's declared state: its groups and databases. The engine is brought up to it, never the reverse."""

from dataclasses import asdict
from pathlib import Path

from infra.localcloud.documents import Documents
from infra.localcloud.turso.model import Database, Group


class Store:
    def __init__(self, path: Path) -> None:
        self._documents = Documents(path)

    def group(self, name: str) -> Group | None:
        document = self._documents.get("group", name)
        return Group(**document) if document else None

    def groups(self) -> list[Group]:
        return [Group(**document) for document in self._documents.list("group")]

    def put_group(self, group: Group) -> None:
        self._documents.put("group", group.name, asdict(group))

    def delete_group(self, name: str) -> list[Database]:
        """Delete a group with its databases, all or nothing; returns these."""
        with self._documents.transaction():
            databases = self.databases(name)
            for database in databases:
                self.delete_database(database.name)
            self._documents.delete("group", name)
        return databases

    def database(self, name: str) -> Database | None:
        document = self._documents.get("database", name)
        return Database.of(document) if document else None

    def databases(self, group: str | None = None) -> list[Database]:
        every = (Database.of(document) for document in self._documents.list("database"))
        return [database for database in every if group is None or database.group == group]

    def put_database(self, database: Database) -> None:
        self._documents.put("database", database.name, database.document())

    def put_databases(self, databases: list[Database]) -> None:
        with self._documents.transaction():
            for database in databases:
                self.put_database(database)

    def delete_database(self, name: str) -> None:
        self._documents.delete("database", name)

    def close(self) -> None:
        self._documents.close()
