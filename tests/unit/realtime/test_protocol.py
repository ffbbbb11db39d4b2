"""Properties of what is pure: frames, edits that are carried over, presence, budgets."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.common.identity import Identity
from services.realtime import protocol
from services.realtime.budget import Bucket
from services.realtime.document import Document, Edit, merged, seed
from services.realtime.merge import carried, edit_between
from services.realtime.presence import NotYours, Presences
from services.realtime.protocol import Awareness, NotAMessage, Presence
from services.realtime.updates import BadUpdate, SomethingMissing, read_state

settings.register_profile("busy machine", deadline=None)
settings.load_profile("busy machine")

NUMBERS = st.integers(0, protocol.LARGEST)
STATES = st.none() | st.dictionaries(st.text(max_size=5), st.integers() | st.text(max_size=5), max_size=3)
PRESENCES = st.lists(st.builds(Presence, NUMBERS, NUMBERS, STATES), max_size=4)


@given(st.binary(max_size=200))
def test_whatever_comes_is_a_message_or_none(frame: bytes) -> None:
    try:
        protocol.decode(frame)
    except NotAMessage:
        return


@given(st.binary(max_size=300))
def test_what_is_sent_is_understood(content: bytes) -> None:
    assert protocol.decode(protocol.update(content)) == protocol.Update(content)
    assert protocol.decode(protocol.step_1(content)) == protocol.Step1(content)
    assert protocol.decode(protocol.step_2(content)) == protocol.Step2(content)


@given(PRESENCES)
def test_presence_goes_through_unchanged(presences: list[Presence]) -> None:
    assert protocol.decode(protocol.awareness(presences)) == Awareness(presences)


@given(st.binary(max_size=100))
def test_whatever_comes_as_an_update_is_one_or_is_refused(content: bytes) -> None:
    document = Document()
    document.apply(seed("Tide", "Low at six."))

    def ask(state: bytes) -> None:
        read_state(state)
        document.since(state)

    for attempt in (document.take, ask):
        try:
            attempt(content)
        except (BadUpdate, SomethingMissing):
            continue
    assert isinstance(document.body, str)


@given(st.text(max_size=20), st.text(max_size=20))
def test_an_edit_between_two_texts_makes_the_one_of_the_other(before: str, after: str) -> None:
    assert applied(before, edit_between(before, after)) == after


@given(st.text("ab", max_size=8), st.text("abc", max_size=8), st.text("abd", max_size=8))
def test_a_carried_edit_keeps_what_is_new_in_either(base: str, theirs: str, ours: str) -> None:
    edit = carried(base, theirs, ours)
    result = ours if edit is None else applied(ours, edit)
    if base == ours:
        assert result == theirs
    if base == theirs:
        assert result == ours
    for text, new in ((theirs, "c"), (ours, "d")):
        assert result.count(new) >= text.count(new)


def applied(text: str, edit: Edit) -> str:
    return text[: edit.start] + edit.text + text[edit.end :]


@given(st.text(max_size=30), st.text(max_size=30))
def test_an_edit_of_the_row_becomes_one_of_the_document(before: str, after: str) -> None:
    document = Document()
    document.apply(seed("Tide", before))
    document.apply(document.edited(None, edit_between(before, after)))
    assert document.body == after


@given(st.lists(st.text("abc\U0001f30a", min_size=1, max_size=4), min_size=1, max_size=8), st.randoms())
def test_updates_in_any_order_and_any_number_make_the_same(words: list[str], chance: Any) -> None:
    origin = Document()
    updates = []
    for word in words:
        at = chance.randint(0, len(origin.body))
        updates.append(origin.edited(None, Edit(at, at, word)))
        origin.apply(updates[-1])
    shuffled = [*updates, chance.choice(updates)]
    chance.shuffle(shuffled)
    others = [Document(), Document()]
    for update in shuffled:
        others[0].apply(update)
    others[1].apply(merged(updates))
    assert {each.body for each in others} == {origin.body}


def test_presence_is_the_newest_and_under_its_own_name() -> None:
    ada, eve, presences = Identity(user="a", name="Ada"), Identity(user="e", name="Eve"), Presences()
    [told] = presences.tell("desk", ada, [Presence(1, 1, {"user": {"name": "Eve"}})], 0)
    assert told.state == {"user": {"id": "a", "name": "Ada"}}
    assert presences.tell("desk", ada, [Presence(1, 1, {})], 0) == []
    with pytest.raises(NotYours):
        presences.tell("hers", eve, [Presence(1, 9, {})], 0)
    assert len(presences.tell("phone", ada, [Presence(1, 2, {})], 0)) == 1
    assert presences.leave("desk") == []
    assert [each.state for each in presences.leave("phone")] == [None]


def test_a_bucket_lets_a_burst_through_and_then_its_rate() -> None:
    bucket = Bucket(rate=10, burst=20, now=0)
    assert bucket.take(20, 0) == 0
    assert bucket.take(10, 0) == 1
    assert bucket.take(0, 2) == 0


def test_json_that_is_too_deep_is_no_presence() -> None:
    deep = b"[" * 100_000
    content = protocol.number(1) + b"\x01\x01" + protocol.number(len(deep)) + deep
    with pytest.raises(NotAMessage):
        protocol.decode(b"\x01" + protocol.number(len(content)) + content)
