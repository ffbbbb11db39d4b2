"""The records of releases, and which of them can be gone back to."""

from pathlib import Path

import pytest

from infra.delivery.records import Records, Release, Result, now
from infra.delivery.rollback import chosen, refuse_contractions
from infra.delivery.trees import contractions
from infra.errors import UserError


def release(number: int, commit: str, result: Result = "deployed") -> Release:
    return Release(id=f"r{number}", commit=commit, subject="", who="Ada", began=now(), result=result)


@pytest.fixture
def records(tmp_path: Path) -> Records:
    records = Records(tmp_path / "releases")
    history: list[tuple[str, Result]] = [
        ("a", "deployed"),
        ("b", "deployed"),
        ("x", "failed"),
        ("c", "deployed"),
    ]
    for number, (commit, result) in enumerate(history, start=1):
        records.write(release(number, commit, result))
    return records


def test_they_come_back_in_order_and_the_next_has_a_new_name(records: Records) -> None:
    assert [each.id for each in records.all()] == ["r1", "r2", "r3", "r4"]
    assert records.next_id() == "r5"
    in_force = records.deployed()
    assert in_force is not None and in_force.id == "r4"


def test_a_record_that_was_being_written_is_not_seen(records: Records, tmp_path: Path) -> None:
    (tmp_path / "releases" / "000005.incoming").write_text("{")
    assert len(records.all()) == 4


def test_the_previous_one_is_the_last_good_one_of_another_commit(records: Records) -> None:
    assert chosen(records, "previous").id == "r2"
    records.write(release(5, "b"))
    assert chosen(records, "previous").id == "r1", "once more goes on backwards"
    assert chosen(records, "r4").id == "r4"
    records.write(release(6, "a"))
    with pytest.raises(UserError, match="none came before"):
        chosen(records, "previous")


@pytest.mark.parametrize("wanted", ["r3", "r4", "r9"])
def test_what_failed_is_in_force_or_never_was_is_no_choice(records: Records, wanted: str) -> None:
    with pytest.raises(UserError, match=f"{wanted} is no release to go back to. Choose one of: r1, r2"):
        chosen(records, wanted)


def test_with_one_release_there_is_no_way_back(tmp_path: Path) -> None:
    records = Records(tmp_path)
    records.write(release(1, "a"))
    with pytest.raises(UserError, match="Push a correction"):
        chosen(records, "previous")


def test_a_contraction_since_then_is_named() -> None:
    texts = {
        "0010_wide.sql": "create table a (b int);",
        "0011_narrow.sql": "-- contract: unused\ndrop table a;",
    }
    assert contractions(texts) == ["0011_narrow.sql"]
    refuse_contractions(release(1, "a"), {"0010_wide.sql"}, {"0010_wide.sql": texts["0010_wide.sql"]})
    with pytest.raises(UserError, match=r"0011_narrow\.sql: was applied after r1"):
        refuse_contractions(release(1, "a"), set(texts), texts)
    with pytest.raises(UserError, match=r"0012_unknown\.sql"):
        refuse_contractions(release(1, "a"), {"0012_unknown.sql"}, {})
