"""Who is in a room: what each Yjs client tells of itself, under the name that the edge vouches for. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from services.common.identity import Identity
from services.realtime.protocol import Presence

CLIENTS_OF_ONE_OWNER = 4
"""A page has one, and another one while it has not yet forgotten the first."""


class NotYours(Exception):
    """A connection speaks for somebody else's Yjs client, or for too many."""


@dataclass
class _Present:
    presence: Presence
    owner: object
    heard: float


class Presences:
    """The newest presence of each Yjs client, and whose it is: a connection's, or another process's."""

    def __init__(self) -> None:
        self._present: dict[int, _Present] = {}

    def tell(
        self, owner: object, identity: Identity, told: Iterable[Presence], now: float
    ) -> Sequence[Presence]:
        """What a connection tells of itself; gives what of it is news. Raises NotYours."""
        signed = [_signed(each, identity) for each in told]
        clients = {each.client for each in signed}
        # One's own from a former connection, which may not have ended yet, is one's own.
        if any(self._user(client) not in (None, identity.user) for client in clients):
            raise NotYours
        if len(clients.union(self._of(owner))) > CLIENTS_OF_ONE_OWNER:
            raise NotYours
        return self.hear(owner, signed, now)

    def hear(self, owner: object, told: Iterable[Presence], now: float) -> Sequence[Presence]:
        """The same of an owner who is trusted."""
        return [each for each in told if self._is_news(owner, each, now)]

    def leave(self, owner: object, *, silent_since: float | None = None) -> Sequence[Presence]:
        """Forgets the owner's clients, or those not heard of since then; gives them as gone."""
        left = [
            self._present.pop(client).presence
            for client in self._of(owner)
            if silent_since is None or self._present[client].heard < silent_since
        ]
        return [replace(each, clock=each.clock + 1, state=None) for each in left if each.state is not None]

    def everybody(self) -> Sequence[Presence]:
        return [each.presence for each in self._present.values() if each.presence.state is not None]

    def _user(self, client: int) -> str | None:
        """Whose it is; None where nobody is there."""
        known = self._present.get(client)
        return None if known is None or known.presence.state is None else known.presence.state["user"]["id"]

    def _of(self, owner: object) -> list[int]:
        return [client for client, present in self._present.items() if present.owner is owner]

    def _is_news(self, owner: object, told: Presence, now: float) -> bool:
        """As y-protocols' applyAwarenessUpdate: a higher clock, or the same one's end."""
        known = self._present.get(told.client)
        if known is not None:
            ended = told.state is None and known.presence.state is not None
            if told.clock < known.presence.clock or (told.clock == known.presence.clock and not ended):
                known.heard, known.owner = now, owner
                return False
        self._present[told.client] = _Present(told, owner, now)
        return True


def _signed(told: Presence, identity: Identity) -> Presence:
    """Nobody takes another one's name."""
    if told.state is None:
        return told
    return replace(told, state={**told.state, "user": {"id": identity.user, "name": identity.name}})
