"""cloudflare.WorkersDeployment: which versions of a Worker answer. Never changed or deleted."""

from infra.toolchain.plugins.answers import Failure
from infra.toolchain.plugins.cloudflare.kind import SCRIPT, Kind, top_level
from infra.toolchain.plugins.values import UNKNOWN, Values


def _problems(inputs: Values) -> list[Failure]:
    strategy = inputs.get("strategy")
    if strategy not in ("percentage", UNKNOWN, None):
        return [Failure("strategy", f"{strategy!r} is not known; the only strategy is 'percentage'")]
    return []


DEPLOYMENT = Kind(
    resource="cloudflare:index/workersDeployment:WorkersDeployment",
    address=("accountId", "scriptName", "id"),
    collection=f"{SCRIPT}/deployments",
    item=f"{SCRIPT}/deployments/{{id}}",
    required=("accountId", "scriptName", "strategy", "versions"),
    optional=("annotations",),
    computed=("authorEmail", "createdOn", "source"),
    kept=frozenset({"annotations"}),
    deletes=False,
    replaces=top_level("accountId", "scriptName", "strategy", "versions", "annotations"),
    problems=_problems,
)
