"""Which version of the Worker a visitor gets: the zone's rules that set the key for it.

Cloudflare hashes the key, and a growing share moves keys one way only (Workers docs, version affinity,
2026-11-26). The rules overwrite what a client sends as its key.
"""

from collections.abc import Sequence

import pulumi_cloudflare as cloudflare

from infra.vendors.cloudflare_limits import COOKIE_FIELD_PLANS, ZonePlan

KEY = "Cloudflare-Workers-Version-Key"
COOKIE = "visitor"
"""As services/edge/src/visitor.ts sets it."""


def affinity_rules(hosts: Sequence[str], plan: ZonePlan) -> list[cloudflare.RulesetRuleArgsDict]:
    """The later rule wins. A zone whose plan has no rule read one cookie keeps addresses together instead."""
    quoted = " ".join(f'"{host}"' for host in hosts)
    ours = f"http.host in {{{quoted}}}"
    if plan not in COOKIE_FIELD_PLANS:
        return [_rule("by-address", "By address", ours, "to_string(ip.src)")]
    return [
        # The Worker makes it the visitor's cookie, so that the first page's version is already the right one.
        _rule("by-chance", "A new visitor, by chance", ours, "uuidv4(cf.random_seed)"),
        _rule(
            "by-cookie",
            "By the visitor's cookie",
            f'{ours} and http.cookie contains "{COOKIE}="',
            f'http.request.cookies["{COOKIE}"][0]',
        ),
    ]


def _rule(ref: str, description: str, matches: str, key: str) -> cloudflare.RulesetRuleArgsDict:
    """What has a default is stated too: Cloudflare's answer then says nothing new."""
    return {
        "ref": ref,
        "description": description,
        "expression": matches,
        "action": "rewrite",
        "action_parameters": {"headers": {KEY: {"operation": "set", "expression": key}}},
        "enabled": True,
    }
