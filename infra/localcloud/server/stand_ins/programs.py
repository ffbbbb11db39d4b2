"""Writes a server's `bin` folder: short shell scripts that start the stand-ins with this Python."""

import os
import shlex
import sys
from pathlib import Path

from infra.localcloud.server.layout import Layout
from infra.paths import LOCAL

HERE = Path(__file__).parent
UV = LOCAL / "bin" / "uv"


def write(layout: Layout) -> None:
    """`systemctl`, `journalctl`, `cloudflared`; this Python as `python3`; `uv` where the toolchain has it."""
    python = os.path.realpath(sys.executable)
    alone = [python, "-I", "-S"]  # no site packages: they start in a fraction of the time
    client = [*alone, str(HERE / "client.py"), str(layout.control)]
    cloudflared = [*alone, str(HERE / "cloudflared.py"), str(layout.cloudflare), layout.name]
    scripts = {
        "systemctl": [*client, "systemctl"],
        "journalctl": [*client, "journalctl"],
        "cloudflared": cloudflared,
        "python3": [python],
    }
    scripts |= {"uv": [str(UV)]} if UV.exists() else {}
    layout.programs.mkdir(mode=0o700, parents=True, exist_ok=True)
    for name, words in scripts.items():
        script = layout.programs / name
        script.write_text(f'#!/bin/sh\nexec {shlex.join(words)} "$@"\n')
        script.chmod(0o700)
