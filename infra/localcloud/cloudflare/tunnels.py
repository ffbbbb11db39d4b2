"""Tunnels: their tokens, and what their documents say of the connections they have and had."""

import base64
import binascii
import hmac
import json
from collections.abc import Mapping
from typing import Any

from infra.localcloud.cloudflare.envelope import now
from infra.localcloud.cloudflare.store import Document, Store

SECRET_BYTES = 32
"""Least length of a tunnel's secret (API v4 docs of cfd_tunnel, 2026-11-23)."""
DOMAIN = "cfargotunnel.com"
"""A proxied CNAME to `<tunnel id>.` below it leads into the tunnel."""


def token(account_id: str, tunnel_id: str, secret: str) -> str:
    """What `cloudflared` runs with: base64 of JSON (cloudflared's TunnelToken, 2026-11-23)."""
    text = json.dumps({"a": account_id, "t": tunnel_id, "s": secret}, separators=(",", ":"))
    return base64.b64encode(text.encode()).decode()


def tunnel_of(store: Store, account_id: str, text: str) -> Document | None:
    """The live tunnel whose token this is; None for any other text."""
    try:
        content: Any = json.loads(base64.b64decode(text, validate=True))
        account, tunnel_id, secret = (str(content[name]) for name in ("a", "t", "s"))
    except (ValueError, KeyError, TypeError):
        return None
    tunnel, kept = store.get("tunnel", tunnel_id), store.get("tunnel_secret", tunnel_id)
    if tunnel is None or kept is None or tunnel["deleted_at"] is not None:
        return None
    same = hmac.compare_digest(secret.encode(), str(kept["value"]).encode())
    return tunnel if same and hmac.compare_digest(account, account_id) else None


def decoded_secret(text: str) -> bytes | None:
    """The secret's bytes; None if it is no base64."""
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return None


def active(store: Store, tunnel_id: str) -> None:
    """It has a connection, its first since it had none."""
    _change(store, tunnel_id, {"conns_active_at": now(), "conns_inactive_at": None})


def inactive(store: Store, tunnel_id: str) -> None:
    """Its last connection is gone."""
    _change(store, tunnel_id, {"conns_active_at": None, "conns_inactive_at": now()})


def all_inactive(store: Store) -> None:
    """After a start: whoever was connected when the local cloud ended is not now."""
    for tunnel in store.all("tunnel"):
        if tunnel["conns_active_at"] is not None:
            inactive(store, tunnel["id"])


def status(tunnel: Mapping[str, Any]) -> str:
    """`degraded` (fewer connections than `cloudflared` holds) does not occur: a connector here has one."""
    if tunnel["conns_active_at"] is not None:
        return "healthy"
    return "inactive" if tunnel["conns_inactive_at"] is None else "down"


def _change(store: Store, tunnel_id: str, changes: Document) -> None:
    tunnel = store.get("tunnel", tunnel_id)
    if tunnel is not None:
        store.put("tunnel", {**tunnel, **changes})
