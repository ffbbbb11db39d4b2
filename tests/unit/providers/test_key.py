"""Random keys: their form, and that none changes unless it is replaced."""

import base64
import pickletools

from pulumi.dynamic.dynamic import serialize_provider

from infra.providers.key import KeyProvider, generate


def test_a_key_is_base64_for_urls_without_padding() -> None:
    key = generate(32)
    assert len(base64.urlsafe_b64decode(f"{key}=")) == 32
    assert len(key) == 43 and "=" not in key
    assert len({generate(32) for _ in range(100)}) == 100


def test_a_key_is_kept_until_its_length_changes() -> None:
    provider = KeyProvider()
    created = provider.create({"bytes": 32.0})
    assert created.outs is not None
    assert provider.diff(created.id, created.outs, {"bytes": 32}).changes is False
    longer = provider.diff(created.id, created.outs, {"bytes": 64})
    assert (longer.changes, longer.replaces) == (True, ["bytes"])
    assert provider.read(created.id, created.outs).outs == created.outs
    assert created.outs["value"] not in created.id


def test_a_pickle_is_a_reference_to_the_class() -> None:
    stored = base64.b64decode(serialize_provider(KeyProvider()))
    strings = [argument for _, argument, _ in pickletools.genops(stored) if isinstance(argument, str)]
    assert strings == ["infra.providers.key", "KeyProvider"]
    assert KeyProvider.serialize_as_secret_always is False
