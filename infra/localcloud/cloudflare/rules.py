"""`_headers` and `_redirects` of static assets as the router's rules (static assets docs, 2026-11-23)."""

from typing import Any

from infra.localcloud.cloudflare.errors import ApiError
from infra.vendors.cloudflare_limits import DYNAMIC_REDIRECTS, HEADER_RULES, STATIC_REDIRECTS, Plan

_STATUSES = (200, 301, 302, 303, 307, 308)


def parse_headers(text: str, plan: Plan) -> list[dict[str, Any]]:
    """Rules as `{pattern, lines, removed}`. Raises 10021 with the line's number."""
    rules: list[dict[str, Any]] = []
    for number, line in enumerate(text.splitlines(), 1):
        content = line.strip()
        if not content or content.startswith("#"):
            continue
        if content.startswith(("/", "https://")):
            rules.append({"pattern": content, "lines": {}, "removed": []})
            continue
        if not rules:
            raise _refused("_headers", number, "a header comes before any path")
        name, colon, value = content.partition(":")
        if content.startswith("!"):
            rules[-1]["removed"].append(content.removeprefix("!").strip())
        elif colon and name.strip() and " " not in name.strip():
            rules[-1]["lines"][name.strip()] = value.strip()
        else:
            raise _refused("_headers", number, "this is neither a path nor a header")
    if len(rules) > HEADER_RULES.of(plan):
        raise ApiError(400, 10021, f"_headers has more than {HEADER_RULES.of(plan)} rules")
    return rules


def parse_redirects(text: str, plan: Plan) -> list[dict[str, Any]]:
    """Rules as `{from, to, status}`, those without `*` and `:name` first. Raises 10021 with the line."""
    rules: list[dict[str, Any]] = []
    for number, line in enumerate(text.splitlines(), 1):
        content = line.strip()
        if not content or content.startswith("#"):
            continue
        source, target, status = _redirect(number, content.split())
        rules.append({"from": source, "to": target, "status": status})
    dynamic = [rule for rule in rules if "*" in rule["from"] or "/:" in rule["from"]]
    static = [rule for rule in rules if rule not in dynamic]
    for kind, found, limit in (("static", static, STATIC_REDIRECTS), ("dynamic", dynamic, DYNAMIC_REDIRECTS)):
        if len(found) > limit.of(plan):
            raise ApiError(400, 10021, f"_redirects has more than {limit.of(plan)} {kind} rules")
    return static + dynamic


def _redirect(number: int, words: list[str]) -> tuple[str, str, int]:
    if len(words) not in (2, 3) or not words[0].startswith("/"):
        raise _refused("_redirects", number, "a rule is `/from /to [status]`")
    code = words[2] if len(words) == 3 else "302"
    status = int(code) if code.isdigit() else 0
    if status not in _STATUSES:
        raise _refused("_redirects", number, f"the status is none of {', '.join(map(str, _STATUSES))}")
    if status == 200 and not words[1].startswith("/"):
        raise _refused("_redirects", number, "a rewrite (200) stays on this host")
    return words[0], words[1], status


def _refused(file: str, number: int, reason: str) -> ApiError:
    return ApiError(400, 10021, f"{file} line {number}: {reason}")
