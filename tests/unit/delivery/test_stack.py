"""What of the engine's output the pusher is told."""

from infra.delivery.records import Serving
from infra.delivery.stack import Share, told

OUTPUT = """\
Updating (dev):
 +  command:remote:Command vps-1-services creating

Diagnostics:
  command:remote:Command (vps-1-services):
    error: this command failed with exit status 1. It said:
    2026-11-26T01:57:39.645Z {"event":"request","tier":"api","status":200}
    release 08a0a55c68d7b581: shoreline-api does not work

  pulumi:pulumi:Stack (shoreline-dev):
    error: update failed

Resources:
    3 unchanged
"""


def test_only_what_is_wrong() -> None:
    assert told(OUTPUT, "") == (
        "release 08a0a55c68d7b581: shoreline-api does not work\n"
        "error: this command failed with exit status 1. It said:"
    )


def test_without_diagnostics_everything() -> None:
    assert told("", "error: no such stack\n") == "error: no such stack"


def test_a_share_is_the_setting_of_the_program() -> None:
    share = Share(10, Serving(version="v", server_release="s"))
    assert share.setting() == '{"percentage": 10, "version": "v", "serverRelease": "s"}'
