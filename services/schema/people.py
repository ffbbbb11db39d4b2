"""Who wrote the seeded notes, where they belong, and what they say of them: grown with the notes.

One person for every fifty notes, so that the first hundred notes have the same two among a hundred thousand.
"""

import base64
import hashlib
import math
from collections.abc import Iterator
from dataclasses import dataclass

from services.schema.corpus import FIRST_NAMES, LAST_NAMES, WORKSPACES
from services.schema.seed import END, OWNER_OF_HALF, START, Chances, Note, other_workspace, phrases, seeded_id

NOTES_A_PERSON = 50
BUSIEST = 300
"""Comments of note 0."""
MOST = 60
"""Comments of any other note."""
PLACES = 100_000
"""The numbers of a note's comments, in their ids."""

_COMMENTED = 0.15
_ROLES = ("viewer", "editor", "editor", "editor", "admin")


@dataclass(frozen=True)
class User:
    """One row of `users`. Nobody knows a password that fits."""

    id: str
    email: str
    name: str
    password: str
    created: int


@dataclass(frozen=True)
class Membership:
    """One row of `memberships`."""

    workspace: str
    user: str
    role: str
    created: int


@dataclass(frozen=True)
class Comment:
    """One row of `comments`."""

    id: str
    workspace: str
    note: str
    author: str
    body: str
    created: int


def workspaces() -> tuple[str, ...]:
    return (OWNER_OF_HALF, *WORKSPACES)


def people(notes: int) -> int:
    """How many people there are beside so many notes."""
    return -(-notes // NOTES_A_PERSON)


def user(number: int) -> User:
    """The person of this number, from 0."""
    chance = Chances(f"user/{number}")
    created = START + int(chance() * (END - START))
    first, last = FIRST_NAMES[int(chance() * len(FIRST_NAMES))], LAST_NAMES[int(chance() * len(LAST_NAMES))]
    return User(
        id=seeded_id(number, created),
        email=f"person-{number}@people.example",
        name=f"{first} {last}",
        password=_nobodys_password(number),
        created=created,
    )


def memberships(person: User, number: int) -> list[Membership]:
    """Half belong to the workspace that owns half, everybody to one or more of the others."""
    chance = Chances(f"memberships/{number}")
    places = [OWNER_OF_HALF] if number % 2 == 0 else []
    places += [other_workspace(chance()) for _ in range(1 + int(chance() * 3))]
    return [
        # The first of all owns what it is in; the others are whatever chance makes of them.
        Membership(place, person.id, "owner" if number == 0 else _role(chance()), person.created)
        for place in dict.fromkeys(places)
    ]


def comments(note: Note, number: int) -> Iterator[Comment]:
    """What is said about the note of this number: mostly nothing, about the first one a lot."""
    for place in range(_comments(number)):
        chance = Chances(f"comment/{number}/{place}")
        created = note.created + int(chance() * (END - note.created))
        yield Comment(
            id=seeded_id(number * PLACES + place, created),
            workspace=note.workspace,
            note=note.id,
            author=user(int(chance() * people(number + 1))).id,
            body=phrases(chance(), chance(), 20 + int(200 * chance())),
            created=created,
        )


def _comments(number: int) -> int:
    chance = Chances(f"comments/{number}")
    if number == 0:
        return BUSIEST
    if chance() >= _COMMENTED:
        return 0
    return min(1 + int(-2 * math.log(1 - chance())), MOST)


def _role(chance: float) -> str:
    return _ROLES[int(chance * len(_ROLES))]


def _nobodys_password(number: int) -> str:
    """Of the right form, so that trying one takes as long as with anybody's."""
    digest = hashlib.blake2b(f"password/{number}".encode(), digest_size=48).digest()
    salt, value = (base64.b64encode(part).decode().rstrip("=") for part in (digest[:16], digest[16:]))
    return f"$argon2id$v=19$m=65536,t=3,p=4${salt}${value}"
