"""What no table thinks of: values, queries, bodies and paths made up by hypothesis."""

import json
import re
import struct
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from services.api.execute.numbers import js_number
from tests.conformance.table import CLEAR, ECHO, JSON, NORMAL, Case, at_the_edge, get, staged
from tests.conformance.test_cases import both
from tests.conformance.tiers import Tiers

SHORT, LONG = 40, 1_000
LENGTHS = [pytest.param(SHORT, id="short"), pytest.param(LONG, id="long", marks=pytest.mark.chaos)]
Check = Callable[[Tiers, Any], None]


def property_of(values: SearchStrategy[Any]) -> Callable[[Check], Callable[..., None]]:
    """A test of many values: few and always the same ones, or, by `make chaos`, many and others each time."""

    def made(check: Check) -> Callable[..., None]:
        @pytest.mark.parametrize("examples", LENGTHS)
        def test(tiers: Tiers, examples: int) -> None:
            options = settings(
                max_examples=examples, deadline=None, derandomize=examples == SHORT, database=None
            )
            options(given(values)(lambda value: check(tiers, value)))()

        test.__name__, test.__doc__ = check.__name__, check.__doc__
        return test

    return made


TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)
INT64 = st.integers(-(2**63), 2**63 - 1)
SAFE = st.integers(-(2**53) + 1, 2**53 - 1)
REAL = st.floats(allow_nan=False, allow_infinity=False)
INSERT = """insert into things (id, workspace, small, big, ratio, bytes, doc, words, label)
select :id, 'all', cast(:small as integer), cast(:big as integer), cast(:ratio as real),
  unhex(:bytes), :doc, '[]', :label"""


@property_of(
    st.fixed_dictionaries(
        {"small": SAFE, "big": INT64, "ratio": REAL, "bytes": st.binary(max_size=9), "label": TEXT}
    )
)
def test_rows_of_any_values_are_written_alike(tiers: Tiers, row: Mapping[str, Any]) -> None:
    args = {
        "id": "any",
        "doc": json.dumps({row["label"]: row["label"]}, ensure_ascii=False),
        "small": str(row["small"]),
        "big": str(row["big"]),
        "ratio": repr(row["ratio"]),
        "bytes": row["bytes"].hex(),
        "label": row["label"],
    }
    [told] = json.loads(
        both(tiers, staged(get("", "/api/conformance/all", 200), CLEAR, (INSERT, args))).body
    )["things"]
    assert (told["small"], told["big"], told["label"]) == (row["small"], str(row["big"]), row["label"])
    assert told["doc"] == {row["label"]: row["label"]}


NUMBER = st.one_of(
    REAL.map(js_number),
    INT64.map(str),
    st.from_regex(r"-?(0|[1-9][0-9]{0,20})(\.[0-9]{1,20})?([eE][+-]?[0-9]{1,3})?", fullmatch=True),
)
SCALAR = st.one_of(
    st.sampled_from(["null", "true", "false", "{}", "[]", '"red"', '"aa"', '"AA=="', '"1"', "-0", "1.0"]),
    NUMBER,
    NUMBER.map(lambda text: f'"{text}"'),
    TEXT.map(lambda text: json.dumps(text, ensure_ascii=False)),
    TEXT.map(json.dumps),
    st.lists(TEXT.map(json.dumps), max_size=4).map(lambda items: f"[{','.join(items)}]"),
)
FIELD = st.one_of(
    st.sampled_from(["small", "big", "ratio", "flag", "bytes", "words", "text", "colour", "code"]), TEXT
)
BODY = st.lists(st.tuples(FIELD.map(json.dumps), SCALAR), max_size=6).map(
    lambda pairs: f"{{{','.join(f'{name}:{value}' for name, value in pairs)}}}"
)


@property_of(st.one_of(BODY, SCALAR))
def test_bodies_are_read_alike(tiers: Tiers, body: str) -> None:
    both(tiers, Case("", "POST", ECHO, 0, [JSON], body.encode()))


@property_of(st.binary(max_size=12))
def test_bytes_that_are_no_body_are_refused_alike(tiers: Tiers, body: bytes) -> None:
    both(tiers, Case("", "POST", ECHO, 0, [JSON], body))


@property_of(REAL)
def test_reals_come_back_as_they_went(tiers: Tiers, value: float) -> None:
    body = f'{{"ratio":{js_number(value)}}}'
    told = json.loads(both(tiers, Case("", "POST", ECHO, 0, [JSON], body.encode())).body)["ratio"]
    assert struct.pack("d", float(told)) == struct.pack("d", value + 0.0)


def in_normal_form(text: str) -> str:
    """As the edge's URL parser leaves it (URL Standard: the path's and the query's percent-encode sets)."""
    return re.sub(r"""[ "#<>'`{}^]""", lambda each: f"%{ord(each[0]):02X}", text)


PAIR = st.tuples(
    st.one_of(st.sampled_from(["small", "big", "ratio", "flag", "text", "colour", "code"]), TEXT.map(quote)),
    st.one_of(
        NUMBER, TEXT.map(quote), st.sampled_from(["true", "red", "aa", "%", "%C3", "+", "%2B", "=", ""])
    ),
)
QUERY = st.one_of(
    st.lists(PAIR, max_size=5).map(lambda pairs: "&".join(f"{name}={value}" for name, value in pairs)),
    st.text("ab%&=+;0C3F\\\"'<>[]{}|^`~!$()*,-./:@_", max_size=20),
)


@property_of(QUERY)
def test_queries_are_read_alike(tiers: Tiers, query: str) -> None:
    both(tiers, get("", f"/api/conformance/ask?text=a&{in_normal_form(query)}", 0))


PATH = st.one_of(
    TEXT.map(lambda text: quote(text, safe="")),
    st.text("ab%./C3F0\\;:@!$&'()*+,=-_~[]|^`{}\"<>", min_size=1, max_size=16),
)


@property_of(PATH)
def test_paths_are_read_alike(tiers: Tiers, path: str) -> None:
    normal = in_normal_form(path).replace("?", "%3F").replace("\\", "/")
    moves = any(part.lower().replace("%2e", ".") in (".", "..") for part in normal.split("/"))
    case = staged(get("", f"/api/conformance/things/{normal}", 0), CLEAR)
    both(tiers, at_the_edge(NORMAL, case) if moves else case)


@property_of(st.text('"W/, *ab\\', max_size=12))
def test_conditions_of_any_form_are_weighed_alike(tiers: Tiers, condition: str) -> None:
    both(tiers, get("", "/api/conformance/things/literal", 0, ("if-none-match", condition)))
