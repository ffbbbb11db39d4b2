"""Request header rules: read, refused, and as the router applies them (Transform Rules docs, 2026-11-26).

Of the codes, 20125 (a blank expression) and 20217 (a second ruleset) are known from reports; every other
refusal of a rule answers 20127.
"""

import re
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from infra.localcloud.cloudflare.errors import ApiError, NotEmulated
from infra.localcloud.cloudflare.expressions import Compiled, parse_condition, parse_value
from infra.vendors.cloudflare_limits import ZonePlan

_NAME = re.compile(r"[A-Za-z0-9_-]+")
_NOT_SETTABLE = re.compile(
    r"(x-)?cf-.*|cookie|host|accept-encoding|x-forwarded-(for|proto)|true-client-ip|x-real-ip"
)
"""Headers that Cloudflare lets no rule set."""


class _Sent(BaseModel):
    """What is unknown here is refused by name: a setting that is skipped would be a lie."""

    model_config = ConfigDict(extra="allow")

    def refuse_unknown(self, what: str) -> None:
        for name in self.model_extra or {}:
            raise NotEmulated(f"`{name}` of {what}")


class Header(_Sent):
    operation: Literal["set", "remove", "add"]
    value: str | None = Field(None, pattern=r"^[ -~]+$")
    expression: str | None = None


class Parameters(_Sent):
    headers: dict[str, Header] = {}


class Rule(_Sent):
    action: str
    expression: str
    action_parameters: Parameters = Parameters()
    description: str = ""
    enabled: bool = True
    ref: str | None = Field(None, min_length=1)


def compile_rules(rules: list[Rule], plan: ZonePlan) -> list[Compiled]:
    """The enabled ones, as router/transform.ts has them. Raises 20125, 20127, and 501 for what is lacking."""
    refs = [rule.ref for rule in rules if rule.ref is not None]
    if len(refs) > len(set(refs)):
        raise _refused("two rules of a ruleset have the same ref")
    compiled = [(rule.enabled, _compiled(rule, plan)) for rule in rules]
    return [transform for enabled, transform in compiled if enabled]


def _compiled(rule: Rule, plan: ZonePlan) -> Compiled:
    rule.refuse_unknown("a rule")
    rule.action_parameters.refuse_unknown("a rule's action_parameters")
    if rule.action != "rewrite":
        raise NotEmulated(f"the action {rule.action} of a rule")
    headers = rule.action_parameters.headers
    if not headers:
        raise _refused("a rule with the action rewrite needs headers to rewrite")
    when = parse_condition(rule.expression, plan)
    return {"when": when, "headers": [_header(name, header, plan) for name, header in headers.items()]}


def _header(name: str, header: Header, plan: ZonePlan) -> Compiled:
    header.refuse_unknown(f"the header {name}")
    if not _NAME.fullmatch(name):
        raise _refused(f"'{name}' is not a valid header name")
    if header.operation == "add":
        raise _refused(f"'add' is not a valid operation on the request header {name}")
    if _NOT_SETTABLE.fullmatch(name.lower()):
        raise _refused(f"the request header {name} cannot be modified")
    given: list[Any] = [each for each in (header.value, header.expression) if each is not None]
    if len(given) != (header.operation == "set"):
        raise _refused(f"the header {name}: set takes either a value or an expression, remove takes neither")
    if header.operation == "remove":
        return {"name": name, "value": None}
    if header.value is not None:
        return {"name": name, "value": {"op": "text", "text": header.value}}
    return {"name": name, "value": parse_value(str(header.expression), plan)}


def _refused(reason: str) -> ApiError:
    return ApiError(400, 20127, reason)
