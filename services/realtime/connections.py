"""Every connection of this process: how many somebody has, and how much they may send together."""

import time
from collections import defaultdict
from typing import TYPE_CHECKING

from services.realtime.budget import Bucket
from services.realtime.limits import Limits

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from services.realtime.connection import Connection


class Group:
    """The connections of one person, or of one workspace."""

    def __init__(self, rate: float, burst: float) -> None:
        self.members: set[Connection] = set()
        self.bucket = Bucket(rate, burst, time.monotonic())


class Groups(defaultdict[str, Group]):
    """By the id of a person or a workspace; gone when empty."""

    def __init__(self, rate: float, burst: float) -> None:
        super().__init__(lambda: Group(rate, burst))

    def count(self, name: str) -> int:
        return len(self[name].members) if name in self else 0

    def drop(self, name: str, member: "Connection") -> None:
        if name in self:
            self[name].members.discard(member)
            if not self[name].members:
                del self[name]


class Connections:
    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self.came: Callable[[Connection], None] = lambda _connection: None
        """Told of each connection that is added."""
        self._all: set[Connection] = set()
        self._people = Groups(limits.person_rate, limits.person_rate * limits.burst_seconds)
        self._workspaces = Groups(limits.workspace_rate, limits.workspace_rate * limits.burst_seconds)

    def __iter__(self) -> "Iterator[Connection]":
        return iter(list(self._all))

    def __len__(self) -> int:
        return len(self._all)

    def of_person(self, user: str) -> "list[Connection]":
        return list(self._people[user].members) if user in self._people else []

    def is_full_for(self, user: str) -> bool:
        return self._people.count(user) >= self.limits.connections_of_one_person

    def is_full_in(self, workspace: str) -> bool:
        return self._workspaces.count(workspace) >= self.limits.connections_of_one_workspace

    def add(self, connection: "Connection") -> None:
        rate, user = self.limits.connection_rate, connection.identity.user
        self._all.add(connection)
        self._people[user].members.add(connection)
        own = Bucket(rate, rate * self.limits.burst_seconds, time.monotonic())
        connection.buckets = (own, self._people[user].bucket)
        self.came(connection)

    def settle(self, connection: "Connection", workspace: str) -> None:
        """It counts for this workspace from now on."""
        connection.workspace = workspace
        group = self._workspaces[workspace]
        group.members.add(connection)
        connection.buckets = (*connection.buckets, group.bucket)

    def remove(self, connection: "Connection") -> None:
        self._all.discard(connection)
        self._people.drop(connection.identity.user, connection)
        if connection.workspace is not None:
            self._workspaces.drop(connection.workspace, connection)
