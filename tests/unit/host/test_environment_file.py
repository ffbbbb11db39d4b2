"""Files of variables, as systemd reads them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from infra.localcloud.server.units import environment
from services.host.environment_file import parse, render

VALUES = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\n\0"))


def test_plain_values_stay_plain_and_names_are_sorted() -> None:
    text = render({"REDIS_URL": "rediss://default:a-b_c@h.upstash.io:6379", "API_PORT": "8721"})
    assert text == "API_PORT=8721\nREDIS_URL=rediss://default:a-b_c@h.upstash.io:6379\n"


def test_other_values_are_quoted() -> None:
    assert render({"A": 'a "b" $c \\ `d`', "B": ""}) == 'A="a \\"b\\" \\$c \\\\ \\`d\\`"\nB=\n'


@given(st.dictionaries(st.from_regex(r"[A-Z_][A-Z0-9_]*", fullmatch=True), VALUES, max_size=4))
def test_what_is_written_is_read_back(variables: dict[str, str]) -> None:
    assert environment.parse(render(variables)) == (variables, [])
    assert parse(render(variables)) == variables


@pytest.mark.parametrize("variables", [{"A": "one\ntwo"}, {"A B": "1"}, {"": "1"}])
def test_what_a_line_cannot_hold_is_refused(variables: dict[str, str]) -> None:
    with pytest.raises(ValueError, match=r"line end|can't name"):
        render(variables)
