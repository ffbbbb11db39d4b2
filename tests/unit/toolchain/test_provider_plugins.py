"""Provider plugins: official before stand-in, always."""

from pathlib import Path

import pytest

from infra.toolchain import provider_plugins
from infra.toolchain.provider_plugins import STAND_IN, ProviderPlugins
from infra.toolchain.setup import Setup
from infra.toolchain.versions import PROVIDERS
from tests.unit.toolchain.conftest import ReleaseHost, Transcript, program

FOLDER = f"resource-cloudflare-v{PROVIDERS['cloudflare']}"


@pytest.fixture
def nowhere(monkeypatch: pytest.MonkeyPatch) -> ProviderPlugins:
    """The step on a machine that reaches no download, with a stand-in for cloudflare only."""
    monkeypatch.setattr(provider_plugins, "stand_in", lambda _, name: name == "cloudflare")
    return ProviderPlugins("http://127.0.0.1:9")


def official(home: Path) -> Path:
    return program(home / "plugins" / FOLDER, "pulumi-resource-cloudflare", "official")


def installed(setup: Setup) -> Path:
    return setup.pulumi_home / "plugins" / FOLDER


def test_a_stand_in_runs_in_the_clones_environment(
    setup: Setup, nowhere: ProviderPlugins, transcript: Transcript
) -> None:
    outputs = nowhere.build(setup)
    launcher = installed(setup) / "pulumi-resource-cloudflare"
    assert outputs == [launcher]
    assert launcher.read_text() == (
        f"#!/bin/sh\nexec '{setup.venv}/bin/python' -P -m infra.toolchain.plugins.cloudflare \"$@\"\n"
    )
    assert "cloudflare 6.17.0: stand-in" in transcript.getvalue()
    assert "command 1.2.1: can't be had here, and no stand-in exists" in transcript.getvalue()


def test_the_users_official_plugin_is_linked(setup: Setup, nowhere: ProviderPlugins, tmp_path: Path) -> None:
    program = official(tmp_path / "home" / ".pulumi")
    nowhere.build(setup)
    assert not installed(setup).is_symlink()
    assert (installed(setup) / program.name).resolve() == program
    assert not (installed(setup) / STAND_IN).exists()


def test_an_official_plugin_replaces_a_stand_in(
    setup: Setup, nowhere: ProviderPlugins, tmp_path: Path
) -> None:
    nowhere.build(setup)
    assert (installed(setup) / STAND_IN).exists()
    program = official(tmp_path / "home" / ".pulumi")
    nowhere.build(setup)
    assert [entry.resolve() for entry in installed(setup).iterdir()] == [program]


def test_a_half_installed_official_plugin_does_not_count(
    setup: Setup, nowhere: ProviderPlugins, tmp_path: Path
) -> None:
    official(tmp_path / "home" / ".pulumi")
    (tmp_path / "home" / ".pulumi" / "plugins" / f"{FOLDER}.partial").touch()
    nowhere.build(setup)
    assert (installed(setup) / STAND_IN).exists()


def test_a_stand_in_of_another_clone_does_not_count_as_official(
    setup: Setup, nowhere: ProviderPlugins, tmp_path: Path
) -> None:
    nowhere.build(setup)
    inside = Setup(
        root=tmp_path / "other clone",
        cache=setup.cache,
        environ={**setup.environ, "PULUMI_HOME": str(setup.pulumi_home)},
        progress=setup.progress,
    )
    nowhere.build(inside)
    assert (installed(inside) / STAND_IN).exists()


def test_the_engine_downloads_a_plugin_where_it_can(setup: Setup, release_host: ReleaseHost) -> None:
    release_host.files["/"] = b"here"
    setup.cache.mkdir()
    setup.bin.mkdir(parents=True)
    pulumi = setup.bin / "pulumi"
    pulumi.write_text(
        '#!/bin/sh\nd="$PULUMI_HOME/plugins/resource-$4-v$5"\nmkdir -p "$d"\n'
        'echo official > "$d/pulumi-resource-$4"\nchmod +x "$d/pulumi-resource-$4"\n'
    )
    pulumi.chmod(0o755)
    ProviderPlugins(f"{release_host.url}/").build(setup)
    program = installed(setup) / "pulumi-resource-cloudflare"
    assert program.resolve().is_relative_to(setup.cache)
    assert program.read_text() == "official\n"
