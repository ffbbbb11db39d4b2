"""State files that a kill cut short."""

from pathlib import Path

from infra.cli.recovery.state import drop_broken_attributes


def test_attributes_that_were_cut_short_are_dropped_and_nothing_else(tmp_path: Path) -> None:
    stacks = tmp_path / ".pulumi" / "stacks" / "shoreline"
    stacks.mkdir(parents=True)
    whole, cut, empty, state = (
        stacks / name for name in ("a.json.attrs", "b.json.attrs", "c.attrs", "b.json")
    )
    whole.write_text('{"user.content_type": "application/json"}')
    cut.write_text('{"user.con')
    empty.touch()
    state.write_text("{}")
    assert drop_broken_attributes(tmp_path.as_uri()) == 2
    assert sorted(stacks.iterdir()) == [whole, state]


def test_other_backends_are_left_alone() -> None:
    assert drop_broken_attributes("s3://bucket") == 0
