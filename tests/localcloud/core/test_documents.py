"""Documents: order, replacement, all-or-nothing writes, one owner."""

import stat
from pathlib import Path

import pytest

from infra.localcloud.documents import Documents


def test_documents_come_back_in_the_order_of_their_first_insertion(tmp_path: Path) -> None:
    documents = Documents(tmp_path / "store.sqlite")
    for key in ("b", "a", "c"):
        documents.put("kind", key, {"key": key})
    documents.put("kind", "b", {"key": "b", "title": "Grüße 🌊"})
    documents.put("other", "z", {})
    assert documents.list("kind") == [{"key": "b", "title": "Grüße 🌊"}, {"key": "a"}, {"key": "c"}]
    documents.close()


def test_documents_are_there_after_a_restart(tmp_path: Path) -> None:
    first = Documents(tmp_path / "store.sqlite")
    first.put("kind", "a", {"n": 2**60})
    first.close()
    second = Documents(tmp_path / "store.sqlite")
    assert second.get("kind", "a") == {"n": 2**60}
    assert second.delete("kind", "a")
    assert not second.delete("kind", "a")
    assert second.get("kind", "a") is None
    second.close()


def test_a_failed_transaction_leaves_nothing(tmp_path: Path) -> None:
    documents = Documents(tmp_path / "store.sqlite")
    documents.put("kind", "kept", {})
    with pytest.raises(RuntimeError):
        _fail_half_way(documents)
    assert documents.get("kind", "lost") is None
    assert documents.get("kind", "kept") == {}
    documents.close()


def _fail_half_way(documents: Documents) -> None:
    with documents.transaction():
        documents.put("kind", "lost", {})
        with documents.transaction():
            documents.delete("kind", "kept")
        raise RuntimeError


def test_the_file_is_its_owners_only(tmp_path: Path) -> None:
    documents = Documents(tmp_path / "deep" / "store.sqlite")
    documents.put("kind", "a", {})
    modes = {stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / "deep").iterdir()}
    assert modes == {0o600}
    documents.close()
