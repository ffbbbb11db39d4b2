"""Where things are: the folders of this clone that more than one package needs."""

from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
"""The clone: the folder that holds Pulumi.yaml."""

SERVICES = ROOT / "services"
SCHEMA = SERVICES / "schema"
NODE_MODULES = ROOT / "node_modules"

LOCAL = ROOT / ".shoreline"
"""Everything a clone keeps for itself on this machine; git ignores it."""

CLOUD = LOCAL / "cloud"
STATE = LOCAL / "state"
BUILD = LOCAL / "build"
PULUMI_HOME = LOCAL / "pulumi"
