"""cloudflare.WorkersCronTrigger: all schedules of a Worker, stated together. It never deletes them."""

from typing import Any

from infra.toolchain.plugins.cloudflare.kind import SCRIPT, Kind, top_level
from infra.toolchain.plugins.cloudflare.naming import to_pulumi
from infra.toolchain.plugins.values import Path, Values


def _body(desired: Values) -> list[dict[str, Any]]:
    return [{"cron": schedule["cron"]} for schedule in desired["schedules"]]


def _outputs(result: Any) -> Values:
    schedules = result.get("schedules") if isinstance(result, dict) else result
    return {"schedules": to_pulumi(schedules or [])}


def _script(desired: Values, _result: Any) -> str:
    return str(desired["scriptName"])


def _crons(schedules: Any) -> list[str] | None:
    return sorted(item["cron"] for item in schedules) if isinstance(schedules, list) else None


def _same(path: Path, old: Any, new: Any) -> bool:
    if path == ("schedules",):
        return _crons(old) == _crons(new)
    return bool(old == new)


CRON = Kind(
    resource="cloudflare:index/workersCronTrigger:WorkersCronTrigger",
    address=("accountId", "scriptName"),
    collection=f"{SCRIPT}/schedules",
    item=f"{SCRIPT}/schedules",
    required=("accountId", "scriptName", "schedules"),
    create="PUT",
    update="PUT",
    deletes=False,
    replaces=top_level("accountId", "scriptName"),
    same=_same,
    body=_body,
    outputs=_outputs,
    identify=_script,
)
