"""What the engine keeps of a provider: a reference to its class, so that no code edit shows in a diff."""

import base64
import pickle
import pickletools

import pytest
from pulumi.dynamic import ResourceProvider
from pulumi.dynamic.dynamic import serialize_provider

from infra.providers.key_ring import KeyRingProvider
from infra.providers.turso.database import DatabaseProvider
from infra.providers.turso.group import GroupProvider
from infra.providers.turso.migrations import MigrationsProvider
from infra.providers.turso.seed import SeedProvider
from infra.providers.turso.token import DatabaseTokenProvider

PROVIDERS = (
    GroupProvider,
    DatabaseProvider,
    DatabaseTokenProvider,
    MigrationsProvider,
    SeedProvider,
    KeyRingProvider,
)


@pytest.mark.parametrize("kind", PROVIDERS)
def test_a_pickle_is_a_reference_to_the_class(kind: type[ResourceProvider]) -> None:
    stored = base64.b64decode(serialize_provider(kind()))
    strings = [argument for _, argument, _ in pickletools.genops(stored) if isinstance(argument, str)]
    assert strings == [kind.__module__, kind.__qualname__]
    assert type(pickle.loads(stored)) is kind  # noqa: S301 - made here


@pytest.mark.parametrize("kind", PROVIDERS)
def test_a_code_edit_changes_no_pickle(kind: type[ResourceProvider], monkeypatch: pytest.MonkeyPatch) -> None:
    before = serialize_provider(kind())
    monkeypatch.setattr(kind, "delete", lambda self, _id, _props: None)
    assert serialize_provider(kind()) == before
    assert len(before) < 150


def test_nothing_secret_is_in_a_pickle() -> None:
    assert all(not kind.serialize_as_secret_always for kind in PROVIDERS)
    assert all(vars(kind()) == {} for kind in PROVIDERS)
