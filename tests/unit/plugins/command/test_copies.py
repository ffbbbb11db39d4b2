"""remote.CopyToRemote over gRPC against a real SSH host: what ends up where, and when it is sent again."""

from pathlib import Path

import pytest

from infra.toolchain.plugins.command.sources import ARCHIVE, ASSET
from infra.toolchain.plugins.values import SIGNATURE, Values
from tests.support.ssh_host import SshHost
from tests.unit.plugins.plugin import Plugin, PluginError

COPY = "command:remote:CopyToRemote"


def asset(path: str, digest: str = "1") -> Values:
    return {SIGNATURE: ASSET, "path": path, "hash": digest}


def archive(path: str, digest: str = "1") -> Values:
    return {SIGNATURE: ARCHIVE, "path": path, "hash": digest}


def inputs(host: SshHost, source: Values, remote_path: str) -> Values:
    return {"connection": host.connection, "source": source, "remotePath": remote_path}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "folder" / "deep").mkdir(parents=True)
    (tmp_path / "folder" / "a.txt").write_text("a")
    (tmp_path / "folder" / "deep" / "b.bin").write_bytes(bytes(range(256)) * 1000)
    (tmp_path / "folder" / "empty.txt").write_text("")
    return tmp_path / "folder"


def tree(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()
    }


def test_the_content_of_a_folder_with_a_slash_goes_into_the_path(
    plugin: Plugin, host: SshHost, folder: Path
) -> None:
    given = inputs(host, archive("folder/"), "new/place")
    created = plugin.create(COPY, plugin.check(COPY, given).values)
    assert len(created.id) == 8
    assert tree(host.home / "new" / "place") == tree(folder)
    plugin.create(COPY, given)
    assert tree(host.home / "new" / "place") == tree(folder)


def test_a_folder_without_a_slash_goes_into_a_folder_of_its_name(
    plugin: Plugin, host: SshHost, folder: Path
) -> None:
    plugin.create(COPY, inputs(host, archive("folder"), "place"))
    assert tree(host.home / "place" / "folder") == tree(folder)


def test_a_file_goes_to_the_path_or_into_the_folder_there(
    plugin: Plugin, host: SshHost, folder: Path
) -> None:
    plugin.create(COPY, inputs(host, asset("folder/a.txt"), "deep/new.txt"))
    plugin.create(COPY, inputs(host, asset("folder/a.txt"), "deep"))
    assert tree(host.home) == {"deep/new.txt": b"a", "deep/a.txt": b"a"}


def test_a_text_goes_to_the_path(plugin: Plugin, host: SshHost) -> None:
    plugin.create(COPY, inputs(host, {SIGNATURE: ASSET, "text": "hello", "hash": "1"}, "hello.txt"))
    assert tree(host.home) == {"hello.txt": b"hello"}


def test_an_update_copies_other_content_or_to_another_path_only(
    plugin: Plugin, host: SshHost, folder: Path
) -> None:
    old = inputs(host, archive("folder/"), "one")
    plugin.create(COPY, old)
    (host.home / "one" / "a.txt").unlink()
    plugin.update(COPY, "1", old, {**old, "connection": {**host.connection, "perDialTimeout": 4}})
    assert not (host.home / "one" / "a.txt").exists()
    plugin.update(COPY, "1", old, {**old, "source": archive("folder/", "2")})
    plugin.update(COPY, "1", old, {**old, "remotePath": "two"})
    assert tree(host.home / "one") == tree(host.home / "two") == tree(folder)


def test_deletion_needs_no_host(plugin: Plugin, host: SshHost) -> None:
    plugin.delete(
        COPY, "1", inputs(host, archive("folder/"), "one") | {"connection": {"host": "gone.invalid"}}
    )


def test_a_source_that_is_not_there_is_named(plugin: Plugin, host: SshHost, tmp_path: Path) -> None:
    with pytest.raises(PluginError, match=r"source: folder/ does not exist .* Build it first") as caught:
        plugin.create(COPY, inputs(host, archive("folder/"), "one"))
    assert str(tmp_path) in str(caught.value)


def test_a_path_that_cannot_be_written_is_named(plugin: Plugin, host: SshHost, folder: Path) -> None:
    (host.home / "file").write_text("")
    with pytest.raises(PluginError, match="folder/ can't be copied to file/below"):
        plugin.create(COPY, inputs(host, archive("folder/"), "file/below"))


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ({SIGNATURE: ASSET, "uri": "https://example.com/x"}, "RemoteAsset or RemoteArchive is not served"),
        ({SIGNATURE: ARCHIVE, "assets": {}}, "AssetArchive is not served"),
        ("folder", "must be an asset or an archive"),
    ],
)
def test_another_source_is_refused_by_name(
    plugin: Plugin, host: SshHost, source: Values, message: str
) -> None:
    with pytest.raises(PluginError, match=message):
        plugin.check(COPY, inputs(host, source, "one"))
