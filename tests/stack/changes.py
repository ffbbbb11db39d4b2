"""What a preview would change."""

import json
from typing import Any

from tests.support.clone import Clone

EDGE_CHANGES = {
    "cloudflare:index/workerVersion:WorkerVersion",
    "cloudflare:index/workersDeployment:WorkersDeployment",
}
SERVER_CHANGES = {"command:remote:CopyToRemote", "command:remote:Command", *EDGE_CHANGES}
"""With the edge's, as a version of the Worker is bound to the servers' release."""


def planned_changes(clone: Clone) -> dict[str, str]:
    """Type and operation of each resource that a preview would change."""
    steps: list[dict[str, Any]] = json.loads(clone.pulumi("preview", "--json"))["steps"]
    return {step["urn"].split("::")[2].split("$")[-1]: step["op"] for step in steps if step["op"] != "same"}
