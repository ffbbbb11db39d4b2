"""A real headless Chromium for tests: npm's @sparticuz/chromium, unpacked once per user and version."""

import hashlib
import json
import os
import platform
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from xml.sax.saxutils import escape

from playwright.sync_api import Browser, sync_playwright

from infra.paths import NODE_MODULES

PACKAGE = NODE_MODULES / "@sparticuz" / "chromium"

_UNPACK = """
const { createReadStream, createWriteStream } = require("node:fs");
const { pipeline } = require("node:stream/promises");
const { createBrotliDecompress } = require("node:zlib");
const [source, target] = process.argv.slice(1);
pipeline(createReadStream(source), createBrotliDecompress(), createWriteStream(target));
"""

_FLAGS = [
    "--disable-gpu",
    "--no-first-run",
    # It connects to nothing but what the test opens.
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-quic",
    "--disable-sync",
]


@contextmanager
def chromium() -> Iterator[Browser]:
    """A fresh browser process, closed at the end.

    It is the one that SHORELINE_CHROMIUM names, else the package's, which runs on Linux on x86-64 only.
    AssertionError where there is neither.
    """
    named = os.environ.get("SHORELINE_CHROMIUM")
    executable, environment = (Path(named), {}) if named else _packaged()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=executable,
            args=_FLAGS,
            env={**os.environ, **environment},
            chromium_sandbox=False,
        )
        try:
            yield browser
        finally:
            browser.close()


def _packaged() -> tuple[Path, dict[str, str]]:
    """The package's executable and what its environment must hold: it brings its libraries and a font."""
    if (sys.platform, platform.machine()) != ("linux", "x86_64"):
        raise AssertionError("No Chromium for this machine in node_modules: name one in SHORELINE_CHROMIUM")
    folder = _unpacked()
    environment = {
        "HOME": str(folder),
        "LD_LIBRARY_PATH": str(folder / "lib"),
        "FONTCONFIG_FILE": str(folder / "fonts.conf"),
    }
    return folder / "chromium", environment


def _unpacked() -> Path:
    """The folder with the executable, its libraries and fonts; safe to call from parallel tests."""
    manifest = PACKAGE / "package.json"
    if not manifest.exists():
        raise AssertionError("Chromium is missing from node_modules: run `make setup`")
    described = manifest.read_bytes()
    version, digest = json.loads(described)["version"], hashlib.sha256(described).hexdigest()[:12]
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "shoreline"
    target = cache / f"chromium-{version}-{digest}"
    if not target.exists():
        cache.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=cache, prefix="chromium-") as scratch:
            _unpack(Path(scratch) / "new", final=target)
    return target


def _unpack(folder: Path, *, final: Path) -> None:
    folder.mkdir()
    _decompress("chromium.br", folder / "chromium")
    (folder / "chromium").chmod(0o755)
    for archive in ("al2023.tar.br", "fonts.tar.br"):
        _decompress(archive, folder / "archive.tar")
        shutil.unpack_archive(folder / "archive.tar", folder, format="tar", filter="data")
        (folder / "archive.tar").unlink()
    # The package's own configuration names folders of another system.
    (folder / "fonts.conf").write_text(_fonts_configuration(final), "utf-8")
    try:
        folder.rename(final)
    except OSError:
        if not final.exists():
            raise
        # Another test was faster; what it unpacked is the same.


def _decompress(name: str, target: Path) -> None:
    subprocess.run(["node", "-e", _UNPACK, PACKAGE / "bin" / name, target], check=True)


def _fonts_configuration(folder: Path) -> str:
    folders = [folder / "fonts", Path("/usr/share/fonts")]
    listed = "".join(f"<dir>{escape(str(path))}</dir>" for path in folders)
    cache = f"<cachedir>{escape(str(folder / 'font-cache'))}</cachedir>"
    head = '<?xml version="1.0"?>\n<!DOCTYPE fontconfig SYSTEM "fonts.dtd">\n'
    return f"{head}<fontconfig>{listed}{cache}</fontconfig>\n"
