"""Expressions of the Rules language: how they bind, and what is refused, by name and place."""

import pytest

from infra.localcloud.cloudflare.errors import ApiError
from infra.localcloud.cloudflare.expressions import parse_condition, parse_value

EXPRESSIONS: dict[str, tuple[str, int]] = {
    " ": ("cannot be blank", 400),
    'http.host eq "é"': ("printable ASCII", 501),
    'http.host eq "a\nb"': ("printable ASCII", 501),
    "true true": ("`true`", 501),
    "(true": ('expected literal ")"', 400),
    "true)": ("unrecognised input", 400),
    "http.host": ("type boolean and not string", 400),
    "http.host eq": ("expected a quoted string", 400),
    "http.host eq 'a'": ("unrecognised input", 400),
    'http.host in {"a"': ('expected literal "}"', 400),
    'http.host matches "a"': ("`matches`", 501),
    'ip.src eq "127.0.0.1"': ("type address", 501),
    "not http.host": ("type boolean and not string", 400),
    "ssl": ("the field ssl", 501),
    'any(http.host eq "a")': ("any()", 501),
    'http.request.headers["a"][*] eq "a"': ("`*` as an index", 501),
    'lower(http.host, "a") eq "a"': ("lower()", 501),
    'http.host eq "a': ("unrecognised input", 400),
}


@pytest.mark.parametrize("text", EXPRESSIONS)
def test_an_expression_is_refused_by_name_and_place(text: str) -> None:
    said, status = EXPRESSIONS[text]
    with pytest.raises(ApiError) as caught:
        parse_condition(text, "pro")
    assert said in caught.value.message and caught.value.status == status
    if status == 400 and text.strip():
        assert "(1:" in caught.value.message


def test_or_binds_less_than_and_and_that_less_than_not() -> None:
    yes, no = {"op": "literal", "value": True}, {"op": "literal", "value": False}
    assert parse_condition("true or not false and true", "free") == {
        "op": "or",
        "of": [yes, {"op": "and", "of": [{"op": "not", "of": no}, yes]}],
    }
    assert parse_condition("(true || false) && !true", "free") == {
        "op": "and",
        "of": [{"op": "or", "of": [yes, no]}, {"op": "not", "of": yes}],
    }


def test_a_value_is_text_or_an_address() -> None:
    assert parse_value('"a\\"b\\\\c"', "free") == {"op": "text", "text": 'a"b\\c'}
    assert parse_value("ip.src", "free") == {"op": "field", "name": "ip.src"}
    with pytest.raises(ApiError, match="type string and not boolean"):
        parse_value("true", "free")
    with pytest.raises(ApiError, match="not available on the zone's plan"):
        parse_value('http.request.cookies["a"][0]', "free")
