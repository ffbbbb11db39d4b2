"""The table of threats names tests that are there."""

import re
from pathlib import Path

import pytest

from tests.security.threats import THREATS

TESTS = Path(__file__).parents[1]


@pytest.mark.parametrize("threat", THREATS)
def test_each_threat_has_its_tests(threat: str) -> None:
    for named in THREATS[threat]:
        file, test = named.split("::")
        assert re.search(rf"^(async )?def {test}\(", (TESTS / file).read_text("utf-8"), re.MULTILINE), named
