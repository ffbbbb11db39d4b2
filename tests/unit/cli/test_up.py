"""`make up` is of the dev stack."""

import pytest

from infra.cli.up import start_local_cloud
from infra.errors import UserError


def test_no_other_stack_is_brought_up_on_the_local_cloud(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PULUMI_STACK", "prod")
    with pytest.raises(UserError, match=r"PULUMI_STACK: is prod.*pulumi up"):
        start_local_cloud()
