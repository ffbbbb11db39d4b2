"""Keys that take over from one another: which of them a generation has, and which it has no more."""

import base64
import itertools

import pytest

from infra.providers.key_ring import Key, KeyRingProvider, turned

FIRST = turned([], 1, 0)
SECOND = turned(FIRST, 2, 0)
THIRD = turned(SECOND, 3, 0)


def generations(keys: list[Key]) -> list[int]:
    return [key.generation for key in keys]


def test_the_first_of_a_ring_signs_the_next_one_is_known_before_and_the_former_one_still() -> None:
    assert [generations(keys) for keys in (FIRST, SECOND, THIRD)] == [[1, 2], [2, 3, 1], [3, 4, 2]]


def test_who_is_a_generation_behind_or_ahead_verifies_what_the_others_sign() -> None:
    for one, other in itertools.permutations((FIRST, SECOND), 2):
        assert one[0].value in [key.value for key in other]
    assert FIRST[0].value not in [key.value for key in THIRD]


def test_every_key_is_32_bytes_of_its_own() -> None:
    values = {key.value for key in (*FIRST, *SECOND, *THIRD)}
    assert len(values) == 4
    assert {len(base64.urlsafe_b64decode(f"{value}=")) for value in values} == {32}


def test_nothing_is_left_of_what_is_revoked() -> None:
    """After a leak the next key is known, too: it was given to the tiers with the others."""
    after = turned(SECOND, 3, 2)
    assert generations(after) == [3, 4]
    assert not {key.value for key in after} & {key.value for key in SECOND}
    assert generations(turned(after, 4, 2)) == [4, 5, 3]
    assert turned(after, 4, 2)[0] == after[1]


def test_a_key_that_was_made_after_what_is_revoked_is_kept() -> None:
    assert turned(THIRD, 4, 2)[0] == THIRD[1]
    assert generations(turned(THIRD, 4, 2)) == [4, 5]


def test_the_same_generation_again_changes_nothing() -> None:
    assert turned(SECOND, 2, 0) == SECOND


BEHIND = (
    "shoreline:keys.generation: 2 is behind: generation 3 is in force, and former keys are gone."
    " Set it to 3, or to 4 to rotate"
)
TOO_FAR = (
    "shoreline:keys.generation: 3 leaves out a generation: 1 is in force, and no tier knows that key yet."
    " Set it to 2, run `pulumi up`, then rotate again"
)


TOO_EARLY = (
    "shoreline:keys.generation: 2 comes while shoreline:rollout leaves visitors to a version"
    " with former keys. Take that setting out, run `pulumi up`, then rotate"
)


@pytest.mark.parametrize(
    ("before", "generation", "shared", "words"),
    [(3, 2, False, BEHIND), (1, 3, False, TOO_FAR), (1, 2, True, TOO_EARLY)],
)
def test_generations_follow_one_another(before: int, generation: int, shared: bool, words: str) -> None:
    olds = {"generation": float(before), "shared": shared}
    check = KeyRingProvider().check(olds, {"generation": float(generation)})
    assert [(each.property, each.reason) for each in check.failures] == [("", words)]


def test_the_engine_is_told_what_changes() -> None:
    provider, asked = KeyRingProvider(), {"generation": 1.0, "revoked": 0.0}
    assert provider.check({}, {"generation": 7.0}).failures == []
    assert provider.check({"generation": 7.0, "shared": True}, {"generation": 7.0}).failures == []
    created = provider.create(asked)
    assert created.outs is not None
    assert provider.diff(created.id, created.outs, asked).changes is False
    assert provider.diff(created.id, created.outs, {**asked, "generation": 2.0}).changes is True
    rotated = provider.update(created.id, created.outs, {**asked, "generation": 2.0}).outs
    assert rotated is not None
    before, after = created.outs["text"].split(","), rotated["text"].split(",")
    assert (after[0], after[2]) == (before[1], before[0])
    assert provider.read(created.id, rotated).outs == rotated
    assert not any(key in created.id for key in before)
