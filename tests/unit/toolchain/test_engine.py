"""Which Pulumi CLI is chosen, in which order, and what is refused."""

from pathlib import Path

import pytest

from infra.errors import UserError
from infra.toolchain.engine import Engine
from infra.toolchain.release import PROGRAMS
from infra.toolchain.setup import Setup
from infra.toolchain.versions import PULUMI
from tests.unit.toolchain.conftest import ReleaseHost, Transcript, engine_folder, release_archive


def no_build(_: Setup, folder: Path) -> Path:
    raise AssertionError(f"{folder} was built")


def shell_build(_: Setup, folder: Path) -> Path:
    return engine_folder(folder)


def test_the_pinned_version_on_path_comes_first(
    setup: Setup, tmp_path: Path, release_host: ReleaseHost
) -> None:
    engine_folder(tmp_path / "path")
    Engine((release_host.url,), no_build).build(setup)
    assert (setup.bin / "pulumi").resolve() == tmp_path / "path" / "pulumi"
    assert release_host.requests == []


def test_another_version_on_path_is_passed_over(
    setup: Setup, tmp_path: Path, release_host: ReleaseHost
) -> None:
    engine_folder(tmp_path / "path", "3.258.0")
    release_host.publish(release_archive())
    Engine((release_host.url,), no_build).build(setup)
    assert (setup.bin / "pulumi").resolve().is_relative_to(setup.cache)


def test_a_version_on_path_without_its_language_host_is_passed_over(
    setup: Setup, tmp_path: Path, release_host: ReleaseHost
) -> None:
    engine_folder(tmp_path / "path")
    (tmp_path / "path" / "pulumi-language-python").unlink()
    release_host.publish(release_archive())
    Engine((release_host.url,), no_build).build(setup)
    assert (setup.bin / "pulumi").resolve().is_relative_to(setup.cache)


def test_the_clones_own_link_does_not_count_as_path(setup: Setup, release_host: ReleaseHost) -> None:
    release_host.publish(release_archive())
    engine = Engine((release_host.url,), no_build)
    engine.build(setup)
    inside = Setup(
        root=setup.root,
        cache=setup.cache,
        environ={**setup.environ, "PATH": f"{setup.bin}:{setup.environ['PATH']}"},
        progress=setup.progress,
    )
    assert engine.choose(inside).is_relative_to(setup.cache)


def test_a_release_is_downloaded_once(setup: Setup, release_host: ReleaseHost) -> None:
    release_host.publish(release_archive())
    engine = Engine((release_host.url,), no_build)
    outputs = engine.build(setup)
    assert len(release_host.requests) == 2
    engine.build(setup)
    assert len(release_host.requests) == 2
    assert {output.name for output in outputs} >= set(PROGRAMS)


def test_a_second_host_serves_where_the_first_is_down(setup: Setup, release_host: ReleaseHost) -> None:
    release_host.publish(release_archive())
    Engine(("http://127.0.0.1:9", release_host.url), no_build).build(setup)
    assert (setup.bin / "pulumi").exists()


def test_a_wrong_checksum_is_refused_with_one_message(
    setup: Setup, release_host: ReleaseHost, transcript: Transcript
) -> None:
    release_host.publish(release_archive(), checksum="ab" * 32)
    with pytest.raises(UserError, match=f"SHA-256 is [0-9a-f]{{64}}, published is {'ab' * 32}") as refused:
        Engine((release_host.url,), no_build).build(setup)
    assert refused.value.where.endswith(".tar.gz")
    assert "Nothing of it was used" in refused.value.remedy
    assert "failed after" in transcript.getvalue() or "done in" in transcript.getvalue()
    assert not list(setup.cache.glob("*/pulumi*"))
    assert not (setup.bin / "pulumi").exists()


def test_a_refused_archive_does_not_stand_in_the_way_of_a_good_one(
    setup: Setup, release_host: ReleaseHost
) -> None:
    release_host.publish(release_archive(), checksum="ab" * 32)
    engine = Engine((release_host.url,), no_build)
    with pytest.raises(UserError):
        engine.build(setup)
    release_host.publish(release_archive())
    engine.build(setup)
    assert (setup.bin / "pulumi").exists()


def test_an_archive_cannot_write_beside_its_folder(setup: Setup, release_host: ReleaseHost) -> None:
    release_host.publish(release_archive(extra="pulumi/../../escaped/pulumi"))
    Engine((release_host.url,), no_build).build(setup)
    assert not list(setup.cache.rglob("escaped"))


def test_without_a_release_the_engine_is_built(
    setup: Setup, release_host: ReleaseHost, transcript: Transcript
) -> None:
    Engine((release_host.url,), shell_build).build(setup)
    assert "-built-" in str((setup.bin / "pulumi").resolve())
    assert f"Pulumi CLI {PULUMI}: the official release can't be downloaded" in transcript.getvalue()


def test_a_failed_download_is_not_tried_again_until_asked(setup: Setup, release_host: ReleaseHost) -> None:
    engine = Engine((release_host.url,), shell_build)
    engine.build(setup)
    engine.build(setup)
    assert len(release_host.requests) == 1
    release_host.publish(release_archive())
    retrying = Setup(
        root=setup.root, cache=setup.cache, environ=setup.environ, progress=setup.progress, retry=True
    )
    engine.build(retrying)
    assert "-release-" in str((setup.bin / "pulumi").resolve())
