"""docs/routes.md says what a declaration may hold: every field, and none that isn't there."""

import re
from dataclasses import fields

from infra.paths import ROOT
from infra.routes.route import Route


def test_the_document_names_every_field_of_a_route() -> None:
    text = (ROOT / "docs" / "routes.md").read_text("utf-8")
    table = text.partition("| Field | What |")[2].partition("\n\n")[0]

    documented = re.findall(r"^\| `(\w+)` \|", table, re.MULTILINE)

    assert documented == [field.name for field in fields(Route) if field.name not in ("_", "where")]
