"""Expressions of the Rules language: parsed, refused, and as the router evaluates them.

Fields, functions and operators are those of Cloudflare's Ruleset Engine docs (read 2026-11-26). This is the
part of the language that an application's header rules use; what is not here is refused by name.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from infra.localcloud.cloudflare.errors import ApiError, NotEmulated
from infra.vendors.cloudflare_limits import COOKIE_FIELD_PLANS, ZonePlan

Compiled = dict[str, Any]
"""A node as router/expressions.ts has it: `op` and its operands."""
Type = Literal["boolean", "string", "address", "bytes"]


@dataclass(frozen=True)
class Typed:
    node: Compiled
    type: Type


_FIELDS: dict[str, Type] = {
    "http.cookie": "string",
    "http.host": "string",
    "http.request.method": "string",
    "http.request.uri.path": "string",
    "ip.src": "address",
    "cf.random_seed": "bytes",
}
_MAPS = ("http.request.cookies", "http.request.headers")
_FUNCTIONS: dict[str, Type] = {
    "concat": "string",
    "lower": "string",
    "to_string": "address",
    "uuidv4": "bytes",
}
"""Name to the type of what it takes: one, but for concat. Each gives a string."""
_COMPARISONS = {"eq": "eq", "==": "eq", "ne": "ne", "!=": "ne", "contains": "contains"}
_LITERALS = {"true": True, "false": False}

_TOKEN = re.compile(
    r"""\s*(?:
      (?P<string>"(?:[ !#-\[\]-~]|\\["\\])*")
    | (?P<number>\d+)
    | (?P<name>[A-Za-z_][A-Za-z0-9_.]*)
    | (?P<sign>==|!=|&&|\|\||[()\[\]{},!*~<>^])
    )""",
    re.VERBOSE,
)


def parse_condition(text: str, plan: ZonePlan) -> Compiled:
    """What a rule matches. Raises 20125 if blank, 20127 for what is no expression, 501 for what we lack."""
    return _parsed(text, plan, "boolean", "filter expression")


def parse_value(text: str, plan: ZonePlan) -> Compiled:
    """What a header is set to; the same refusals."""
    return _parsed(text, plan, "string", "filter value expression")


def _parsed(text: str, plan: ZonePlan, wanted: Type, kind: str) -> Compiled:
    if not text.strip():
        reason = "the expression cannot be blank"
        raise ApiError(400, 20125, f"'' is not a valid value for expression because {reason}")
    if not (text.isascii() and text.isprintable()):
        raise NotEmulated("a rule's expression of more than printable ASCII")
    parser = _Parser(text, plan, kind)
    found = parser.alternatives()
    if parser.kind != "end":
        raise parser.refused("unrecognised input")
    # An address is written out by itself, as in the docs' own example of a version key.
    if found.type != wanted and (found.type, wanted) != ("address", "string"):
        raise parser.refused(f"expected a value of type {wanted} and not {found.type}")
    return found.node


class _Parser:
    """By recursive descent: `or` binds least, then `and`, then `not`, then comparisons."""

    def __init__(self, text: str, plan: ZonePlan, kind: str) -> None:
        self._text, self._plan, self._what = text, plan, kind
        self._at = self._next = 0
        self.kind = self.token = ""
        self._advance()

    def refused(self, reason: str) -> ApiError:
        found = f"could not parse {self._what}: Filter parsing error (1:{self._at + 1}): {reason}"
        return ApiError(400, 20127, f"'{self._text}' is not a valid value for expression because {found}")

    def alternatives(self) -> Typed:
        return self._chain("or", ("or", "||"), self._conjunction)

    def _conjunction(self) -> Typed:
        return self._chain("and", ("and", "&&"), self._negation)

    def _chain(self, op: str, signs: tuple[str, ...], operand: Callable[[], Typed]) -> Typed:
        found = [operand()]
        while self._accept(*signs):
            found.append(operand())
        if len(found) == 1:
            return found[0]
        return Typed({"op": op, "of": [self._boolean(each) for each in found]}, "boolean")

    def _negation(self) -> Typed:
        if self._accept("not", "!"):
            return Typed({"op": "not", "of": self._boolean(self._negation())}, "boolean")
        return self._comparison()

    def _comparison(self) -> Typed:
        left = self._operand()
        if self.kind in ("end", "string") or self.token in (")", ",", "and", "&&", "or", "||"):
            return left
        operator = self._take()
        if left.type != "string":
            raise NotEmulated(f"`{operator}` on values of type {left.type} in a rule's expression")
        if operator in _COMPARISONS:
            node = {"op": _COMPARISONS[operator], "left": left.node, "right": self._string()}
        elif operator == "in":
            node = {"op": "in", "left": left.node, "right": self._set()}
        else:
            raise NotEmulated(f"the operator `{operator}` in a rule's expression")
        return Typed(node, "boolean")

    def _operand(self) -> Typed:
        if self._accept("("):
            found = self.alternatives()
            self._expect(")")
            return found
        if self.kind == "string":
            return Typed({"op": "text", "text": self._string()}, "string")
        if self.kind != "name":
            raise self.refused("expected a field, a function or a literal")
        name = self._take()
        if name in _LITERALS:
            return Typed({"op": "literal", "value": _LITERALS[name]}, "boolean")
        if self._accept("("):
            return self._call(name)
        return self._field(name)

    def _call(self, name: str) -> Typed:
        given = [self.alternatives()]
        while self._accept(","):
            given.append(self.alternatives())
        self._expect(")")
        if name not in _FUNCTIONS:
            raise NotEmulated(f"the function {name}() in a rule's expression")
        takes = _FUNCTIONS[name]
        if any(each.type != takes for each in given) or (len(given) > 1 and name != "concat"):
            raise NotEmulated(f"{name}() of other arguments than {takes} in a rule's expression")
        return Typed({"op": name, "of": [each.node for each in given]}, "string")

    def _field(self, name: str) -> Typed:
        if name in _FIELDS:
            return Typed({"op": "field", "name": name}, _FIELDS[name])
        if name not in _MAPS:
            raise NotEmulated(f"the field {name} in a rule's expression")
        if name == "http.request.cookies" and self._plan not in COOKIE_FIELD_PLANS:
            raise self.refused(f"the field {name} is not available on the zone's plan")
        self._expect("[")
        key = self._string()
        self._expect("]")
        self._expect("[")
        if self.kind != "number":
            raise NotEmulated(f"`{self.token}` as an index of {name} in a rule's expression")
        index = int(self._take())
        self._expect("]")
        return Typed({"op": name, "key": key, "index": index}, "string")

    def _set(self) -> list[str]:
        self._expect("{")
        found = [self._string()]
        while self.kind == "string":
            found.append(self._string())
        self._expect("}")
        return found

    def _string(self) -> str:
        if self.kind != "string":
            raise self.refused("expected a quoted string")
        return re.sub(r"\\(.)", r"\1", self._take()[1:-1])

    def _boolean(self, found: Typed) -> Compiled:
        if found.type != "boolean":
            raise self.refused(f"expected a value of type boolean and not {found.type}")
        return found.node

    def _accept(self, *tokens: str) -> bool:
        if self.kind in ("name", "sign") and self.token in tokens:
            self._advance()
            return True
        return False

    def _expect(self, token: str) -> None:
        if not self._accept(token):
            raise self.refused(f'expected literal "{token}"')

    def _take(self) -> str:
        token = self.token
        self._advance()
        return token

    def _advance(self) -> None:
        """To the next token; `kind` is "end" after the last one."""
        rest = self._text[self._next :]
        self._at = self._next + len(rest) - len(rest.lstrip())
        if not rest.strip():
            self.kind, self.token = "end", ""
            return
        match = _TOKEN.match(rest)
        if match is None:
            raise self.refused("unrecognised input")
        self._next += match.end()
        self.kind, self.token = str(match.lastgroup), match[str(match.lastgroup)]
