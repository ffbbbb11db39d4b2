"""The seeded notes: the same everywhere, and as uneven as production."""

import hashlib
import json
import unicodedata
from collections import Counter
from dataclasses import astuple
from itertools import pairwise
from uuid import RFC_4122, UUID

import pytest
from argon2 import PasswordHasher
from argon2.exceptions import VerifyMismatchError

from services.schema import people, seed
from services.schema.corpus import SCRIPTS, WORKSPACES


@pytest.fixture(scope="module")
def many() -> list[seed.Note]:
    return list(seed.notes(0, 20_000))


def digest(wanted: int) -> str:
    users = [people.user(number) for number in range(people.people(wanted))]
    members = [each for number, user in enumerate(users) for each in people.memberships(user, number)]
    notes = list(seed.notes(0, wanted))
    said = [each for number, note in enumerate(notes) for each in people.comments(note, number)]
    rows = json.dumps([list(map(astuple, table)) for table in (users, members, notes, said)])
    return hashlib.sha256(rows.encode()).hexdigest()


def test_a_change_of_any_row_needs_a_new_version() -> None:
    assert (seed.VERSION, digest(1000)) == (
        2,
        "dc4e27c0d31e015d636425bca1626a1f31f3eed9f142c4169dc7c497cdc9f324",
    )


def test_a_note_depends_on_its_number_alone(many: list[seed.Note]) -> None:
    assert [seed.note(number) for number in (0, 99, 19_999)] == [many[0], many[99], many[19_999]]
    assert list(seed.notes(50, 60)) == many[50:60]


def test_one_workspace_owns_half_and_the_others_follow_zipf(many: list[seed.Note]) -> None:
    sizes = Counter(note.workspace for note in many)
    assert sizes[seed.OWNER_OF_HALF] == len(many) // 2
    assert set(sizes) == {seed.OWNER_OF_HALF, *WORKSPACES}
    assert Counter(note.workspace for note in many[:100])[seed.OWNER_OF_HALF] == 50
    first, second, _, fourth = (sizes[name] for name in WORKSPACES[:4])
    assert 1.8 < first / second < 2.2
    assert 3.4 < first / fourth < 4.6


def test_ids_are_uuidv7_of_their_creation_and_distinct(many: list[seed.Note]) -> None:
    for number, note in enumerate(many):
        parsed = UUID(note.id)
        assert str(parsed) == note.id
        assert (parsed.version, parsed.variant) == (7, RFC_4122)
        assert parsed.int >> 80 == note.created
        assert note.id.endswith(f"-{seed.MARK}-{number:012d}")
    assert len({note.id for note in many}) == len(many)


def test_times_span_two_years_up_to_a_fixed_day(many: list[seed.Note]) -> None:
    created = sorted(note.created for note in many)
    assert created[0] >= seed.START
    assert created[-1] < seed.END == 1_793_491_200_000
    assert max(later - earlier for earlier, later in pairwise(created)) < 86_400_000
    assert all(note.created <= note.updated <= seed.END for note in many)
    assert 0.2 < sum(note.updated > note.created for note in many) / len(many) < 0.4


def test_sizes_are_mostly_small_with_a_long_tail_up_to_64_kib() -> None:
    sizes = sorted(len(note.body.encode()) for note in seed.notes(0, 60_000))
    assert sizes[-1] <= seed.LARGEST_BODY
    assert sizes[-1] > seed.LARGEST_BODY * 0.9
    median = sizes[len(sizes) // 2]
    assert 100 < median < 250
    assert sum(sizes) / len(sizes) > 2.5 * median
    assert 0.02 < sizes.count(0) / len(sizes) < 0.04
    assert sizes[len(sizes) * 99 // 100] > 20 * median


def test_the_first_hundred_already_hold_every_script() -> None:
    text = " ".join(f"{note.title} {note.body}" for note in seed.notes(0, 100))
    names = {unicodedata.name(character, "").split(" ")[0] for character in text}
    assert {"LATIN", "GREEK", "CYRILLIC", "ARABIC", "CJK", "HIRAGANA", "HANGUL", "COMBINING"} <= names
    for special in ("\u200d", "\ufe0f", "é", "𠮷"):
        assert special in text
    assert any(ord(character) > 0xFFFF for character in text)


def test_no_title_is_empty_or_cut_inside_a_phrase(many: list[seed.Note]) -> None:
    phrases = {phrase for script in SCRIPTS for phrase in script.phrases}
    longest = max(len(phrase.encode()) for phrase in phrases)
    assert all(0 < len(note.title.encode()) <= max(64, longest) for note in many)
    assert all(any(note.title.startswith(phrase) for phrase in phrases) for note in many)
    assert all(any(note.title.endswith(phrase) for phrase in phrases) for note in many)


def test_one_person_for_every_fifty_notes_and_half_of_them_in_the_largest_workspace() -> None:
    assert [people.people(notes) for notes in (0, 1, 50, 51, 100_000)] == [0, 1, 1, 2, 2000]
    users = [people.user(number) for number in range(400)]
    assert len({user.email for user in users}) == len({user.id for user in users}) == 400
    belong = [people.memberships(user, number) for number, user in enumerate(users)]
    assert all(len({each.workspace for each in some}) == len(some) >= 1 for some in belong)
    assert sum(any(each.workspace == seed.OWNER_OF_HALF for each in some) for some in belong) == 200


def test_comments_are_of_people_who_are_there_whatever_the_number_of_notes() -> None:
    for number in (0, 1, 99, 1234):
        note = seed.note(number)
        known = {people.user(each).id for each in range(people.people(number + 1))}
        for comment in people.comments(note, number):
            assert (comment.note, comment.workspace) == (note.id, note.workspace)
            assert comment.author in known
            assert note.created <= comment.created < seed.END
    assert sum(1 for _ in people.comments(seed.note(0), 0)) == people.BUSIEST


def test_nobody_knows_a_seeded_persons_password() -> None:
    with pytest.raises(VerifyMismatchError):
        PasswordHasher().verify(people.user(0).password, "password/0")
