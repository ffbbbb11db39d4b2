"""The edge signs as the services verify: by the vectors of services/contract."""

import json
import subprocess
from pathlib import Path

from infra.paths import NODE_MODULES, SERVICES

CASES = Path(__file__).with_name("signature_cases.mjs")
ESBUILD = NODE_MODULES / ".bin" / "esbuild"


def test_the_shared_vectors_hold(tmp_path: Path) -> None:
    script = tmp_path / "cases.mjs"
    options = ["--bundle", "--format=esm", "--platform=node", "--log-level=warning", f"--outfile={script}"]
    subprocess.run([ESBUILD, CASES, *options], check=True)
    text = (SERVICES / "contract" / "signature.vectors.json").read_text("utf-8")
    done = subprocess.run(["node", script], input=text, capture_output=True, text=True, check=True)
    vectors, made = json.loads(text), json.loads(done.stdout)
    assert made["headers"] == [each["header"] for each in vectors["signed"]]
    assert made["identities"] == [each["header"] for each in vectors["identities"]]
