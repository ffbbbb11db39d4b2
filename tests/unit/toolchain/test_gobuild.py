"""Building the engine: with which Go, in which folders, what is left. The compiler is a script here."""

from pathlib import Path

import pytest

from infra.errors import UserError
from infra.toolchain.engine import Engine
from infra.toolchain.gobuild import build_into_cache, find_go
from infra.toolchain.release import PROGRAMS
from infra.toolchain.setup import Setup
from infra.toolchain.versions import PULUMI
from tests.unit.toolchain.conftest import ReleaseHost, Transcript

COMPILER = """#!/bin/sh
case "$1 $2" in
"env GOVERSION") echo go{version};;
"env -json") echo '{{"GOMODCACHE": "{modules}", "GOPROXY": "direct"}}';;
"list -m") echo {sdk};;
build*)
  env > "{seen}"
  touch "$GOCACHE.used"
  {failure}
  while [ "$1" != -o ]; do shift; done
  printf '#!/bin/sh\\necho v{pulumi}\\n' > "$2"
  chmod +x "$2";;
esac
"""


class Compiler:
    """A `go` on the test's PATH."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.seen = folder / "seen"
        sdk = folder / "sdk" / "python"
        for script in ("cmd/pulumi-language-python-exec", "dist/pulumi-resource-pulumi-python"):
            (sdk / script).parent.mkdir(parents=True)
            (sdk / script).write_text("#!/bin/sh\n")
        (folder / "modules" / "cache" / "download").mkdir(parents=True)

    def write(self, version: str = "1.99.1", failure: str = "") -> None:
        text = COMPILER.format(
            version=version,
            modules=self.folder / "modules",
            sdk=self.folder / "sdk",
            seen=self.seen,
            failure=failure,
            pulumi=PULUMI,
        )
        script = self.folder / "path" / "go"
        script.write_text(text)
        script.chmod(0o755)

    def environment(self) -> dict[str, str]:
        lines = self.seen.read_text().splitlines()
        return dict(line.split("=", 1) for line in lines if "=" in line)


@pytest.fixture
def go(tmp_path: Path) -> Compiler:
    return Compiler(tmp_path)


def test_a_build_leaves_the_engine_and_nothing_else(
    setup: Setup, go: Compiler, release_host: ReleaseHost, transcript: Transcript
) -> None:
    go.write()
    Engine((release_host.url,), build_into_cache).build(setup)
    folder = (setup.bin / "pulumi").resolve().parent
    assert sorted(entry.name for entry in folder.iterdir()) == sorted(PROGRAMS)
    assert [entry.name for entry in setup.cache.iterdir() if entry.is_dir()] == [folder.name]
    assert "build files removed" in transcript.getvalue()


def test_a_build_keeps_to_its_own_caches_and_reads_the_users(
    setup: Setup, go: Compiler, tmp_path: Path
) -> None:
    go.write()
    build_into_cache(setup, setup.cache / "engine")
    environment = go.environment()
    work = str(setup.cache / "engine.work")
    assert all(environment[name].startswith(work) for name in ("GOCACHE", "GOMODCACHE", "GOTMPDIR"))
    assert environment["GOPROXY"] == f"{(tmp_path / 'modules' / 'cache' / 'download').as_uri()},direct"
    assert environment["GOTOOLCHAIN"] == "local"


def test_a_build_that_broke_off_goes_on_with_what_it_had(setup: Setup, go: Compiler) -> None:
    go.write(failure="echo no space left; exit 1")
    with pytest.raises(UserError, match=r"(?s)go failed with exit code 1.*no space left"):
        build_into_cache(setup, setup.cache / "engine")
    assert not (setup.cache / "engine").exists()
    assert (setup.cache / "engine.work" / "build.used").exists()
    go.write()
    build_into_cache(setup, setup.cache / "engine")
    assert (setup.cache / "engine" / "pulumi").exists()
    assert not (setup.cache / "engine.work").exists()


def test_a_recent_go_on_path_is_used(setup: Setup, go: Compiler, tmp_path: Path) -> None:
    go.write("1.25.11")
    assert find_go(setup, tmp_path / "work") == tmp_path / "path" / "go"


@pytest.mark.parametrize("version", ["1.25.10", "1.19.8", "devel"])
def test_an_older_go_on_path_is_passed_over(
    setup: Setup, go: Compiler, tmp_path: Path, version: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    go.write(version)
    wheel = tmp_path / "wheel"
    monkeypatch.setattr("infra.toolchain.gobuild.wheel_tool", lambda *_, **__: wheel)
    assert find_go(setup, tmp_path / "work") == wheel / "go" / "bin" / "go"


def test_the_build_asks_for_room_first(setup: Setup, go: Compiler, monkeypatch: pytest.MonkeyPatch) -> None:
    go.write()
    monkeypatch.setattr("infra.toolchain.gobuild.SPACE", 1 << 62)
    with pytest.raises(UserError, match="are free, which building the Pulumi CLI takes"):
        build_into_cache(setup, setup.cache / "engine")
    assert not go.seen.exists()
