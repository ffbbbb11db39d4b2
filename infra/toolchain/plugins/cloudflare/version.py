"""cloudflare.WorkerVersion: code, assets, bindings and limits. Immutable: a change is a new version."""

import base64
import binascii
import json
from typing import Any, Final

from infra.errors import UserError
from infra.toolchain.plugins.cloudflare import assets, files
from infra.toolchain.plugins.cloudflare.kind import Kind, Steps
from infra.toolchain.plugins.cloudflare.naming import to_pulumi, to_wire
from infra.toolchain.plugins.values import UNKNOWN, Path, Values

_SENSITIVE: Final = frozenset({"text", "keyBase64", "keyJwk"})
_JSON_TEXTS: Final = frozenset({"json", "algorithm", "keyJwk"})
_OPTIONAL: Final = (
    "annotations", "assets", "bindings", "compatibilityDate", "compatibilityFlags", "containers",
    "limits", "mainModule", "migrations", "modules", "placement", "usageModel",
)  # fmt: skip


def _is_text(value: Any) -> bool:
    return value is not None and value is not UNKNOWN


def _module_bytes(module: Values, where: str) -> bytes | None:
    """The module's content; None while a preview doesn't know it."""
    if _is_text(module.get("contentFile")):
        return files.content(f"{where}.contentFile", module["contentFile"])
    if _is_text(module.get("contentBase64")):
        try:
            return base64.b64decode(module["contentBase64"], validate=True)
        except binascii.Error:
            place = f"{where}.contentBase64"
            raise UserError(place, "is not base64", "Encode the module's content.") from None
    if UNKNOWN in (module.get("contentFile"), module.get("contentBase64")):
        return None
    raise UserError(where, "has no content", "Give it `contentFile` or `contentBase64`.")


def _hashed(module: Any, where: str) -> Any:
    if not isinstance(module, dict):
        return module
    data = _module_bytes(module, where)
    return {**module, "contentSha256": UNKNOWN if data is None else files.sha256(data)}


def _desired(inputs: Values) -> Values:
    desired: Values = {"usageModel": "standard", **inputs}
    if isinstance(inputs.get("modules"), list):
        desired["modules"] = [
            _hashed(module, f"modules[{at}]") for at, module in enumerate(inputs["modules"])
        ]
    given = inputs.get("assets")
    if isinstance(given, dict) and "directory" in given:
        known = _is_text(given["directory"])
        digest = assets.manifest_sha256(assets.manifest(given["directory"])) if known else UNKNOWN
        desired["assets"] = {**given, "assetManifestSha256": digest}
    return desired


def _digest(value: Any, name: str) -> Any:
    return value.get(name) if isinstance(value, dict) else None


def _hashes(desired: Values) -> dict[Path, str]:
    modules, given = desired.get("modules"), desired.get("assets")
    found: dict[Path, Any] = {}
    if isinstance(modules, list):
        name = "contentSha256"
        found |= {("modules", at, name): _digest(module, name) for at, module in enumerate(modules)}
    found["assets", "assetManifestSha256"] = _digest(given, "assetManifestSha256")
    return {path: digest for path, digest in found.items() if isinstance(digest, str)}


def _module(module: Values, index: int) -> Values:
    data = _module_bytes(module, f"modules[{index}]")
    encoded = base64.b64encode(data or b"").decode()
    return {"content_base64": encoded, "content_type": module["contentType"], "name": module["name"]}


def _binding(binding: Values) -> Values:
    wire: Values = to_wire(binding)
    for name in _JSON_TEXTS & binding.keys():
        wire[{"keyJwk": "key_jwk"}.get(name, name)] = json.loads(binding[name])
    return wire


def _body(desired: Values) -> Values:
    plain = {
        name: value
        for name, value in desired.items()
        if name not in ("accountId", "workerId", "modules", "assets", "bindings")
    }
    body: Values = to_wire(plain)
    if "modules" in desired:
        body["modules"] = [_module(module, index) for index, module in enumerate(desired["modules"])]
    if "assets" in desired:
        body["assets"] = to_wire({key: desired["assets"].get(key) for key in ("config", "jwt")})
    if "bindings" in desired:
        bindings = map(_binding, desired["bindings"])
        body["bindings"] = sorted(bindings, key=lambda binding: str(binding["name"]))
    return body


def _uploaded(desired: Values) -> Steps:
    given = desired.get("assets") or {}
    if not given.get("directory") or given.get("jwt"):
        return desired
    token = yield from assets.upload(desired)
    return {**desired, "assets": {**given, "jwt": token}}


def _outputs(result: Any) -> Values:
    outputs: Values = to_pulumi(result)
    for module in outputs.get("modules", []):
        if "contentBase64" in module:
            module["contentSha256"] = files.sha256(base64.b64decode(module["contentBase64"]))
    for binding in outputs.get("bindings", []):
        for name in _JSON_TEXTS & binding.keys():
            if not isinstance(binding[name], str):
                binding[name] = json.dumps(binding[name], separators=(",", ":"))
    outputs.pop("assets", None)  # never answered in full: what was declared stands
    return outputs


def _same(path: Path, old: Any, new: Any) -> bool:
    if path == ("compatibilityFlags",):
        return sorted(old or []) == sorted(new or [])
    if _sensitive(path) and old is None:
        return True  # imported: Cloudflare never answers with these texts
    if path[0] == "bindings" and path[-1] in _JSON_TEXTS and isinstance(old, str) and isinstance(new, str):
        return bool(json.loads(old) == json.loads(new))
    return bool(old == new)


def _replaces(path: Path) -> bool:
    # The same content from another file is the same version: only the hash decides.
    return not (path[0] == "modules" and path[-1] in ("contentFile", "contentBase64"))


def _sensitive(path: Path) -> bool:
    return path == ("assets", "jwt") or (path[0] == "bindings" and len(path) == 3 and path[2] in _SENSITIVE)


VERSION = Kind(
    resource="cloudflare:index/workerVersion:WorkerVersion",
    address=("accountId", "workerId", "id"),
    collection="/accounts/{accountId}/workers/workers/{workerId}/versions",
    item="/accounts/{accountId}/workers/workers/{workerId}/versions/{id}",
    read_query={"include": "modules"},
    required=("accountId", "workerId"),
    optional=_OPTIONAL,
    computed=("createdOn", "mainScriptBase64", "migrationTag", "number", "source", "startupTimeMs", "urls"),
    kept=frozenset({"annotations", "compatibilityFlags", "limits"}),
    deletes=False,
    replaces=_replaces,
    sensitive=_sensitive,
    same=_same,
    desired=_desired,
    hashes=_hashes,
    body=_body,
    outputs=_outputs,
    before=_uploaded,
)
