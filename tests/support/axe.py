"""What axe-core finds on a page."""

from typing import Any

from playwright.sync_api import Page

from infra.paths import NODE_MODULES

SCRIPT = NODE_MODULES / "axe-core" / "axe.min.js"
RUN = "() => axe.run(document, { resultTypes: ['violations'] })"


def faults(page: Page) -> list[str]:
    """The serious and the critical ones, each with where it is."""
    # By the debugger, which no security policy holds back.
    page.evaluate(SCRIPT.read_text("utf-8"))
    found: list[dict[str, Any]] = page.evaluate(RUN)["violations"]
    return [
        f"{each['id']}: {each['help']}: {[node['target'] for node in each['nodes']]}"
        for each in found
        if each["impact"] in ("serious", "critical")
    ]
