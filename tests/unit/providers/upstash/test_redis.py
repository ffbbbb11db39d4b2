"""The Redis provider against the local Upstash: adoption by name, changes, drift, deletion, refusals."""

import base64
import pickle
import pickletools
from typing import Any

import pytest
from pulumi.dynamic.dynamic import serialize_provider
from pulumi.runtime.rpc import UNKNOWN

from infra.errors import UserError
from infra.providers.upstash.platform import Database as Answer
from infra.providers.upstash.platform import Platform
from infra.providers.upstash.redis import RedisProvider
from infra.vendors.upstash_limits import PLANS, plan_of_size
from tests.support.upstash import Database, LocalUpstash

Props = dict[str, Any]


def create(upstash: LocalUpstash, inputs: Props) -> Props:
    outputs = upstash.provider().create(inputs).outs
    assert outputs is not None
    return outputs


def at_upstash(upstash: LocalUpstash, outputs: Props) -> Props:
    shown: Props = upstash.call("GET", f"/database/{outputs['databaseId']}").json()
    return shown


def test_a_database_is_created_and_its_credentials_open_it(upstash: LocalUpstash, inputs: Props) -> None:
    result = upstash.provider().create(inputs)
    outputs = result.outs
    assert outputs is not None
    assert result.id == outputs["databaseId"]
    assert outputs.items() >= inputs.items()
    assert outputs["endpoint"].startswith(f"{upstash.settings.database}-")
    assert outputs["tls"] is True
    assert upstash.settings.rest
    database = Database(at_upstash(upstash, outputs), upstash.settings.rest)
    assert database.tcp(password=outputs["password"]).ping()
    for token in ("restToken", "readOnlyRestToken"):
        with database.http(outputs[token]) as client:
            assert client.get("/ping").json() == {"result": "PONG"}


def test_a_database_that_exists_is_taken_over_and_brought_to_its_inputs(
    upstash: LocalUpstash, inputs: Props
) -> None:
    first = create(upstash, inputs)
    assert create(upstash, inputs) == first
    wanted = inputs | {"plan": "fixed_1gb", "eviction": True}
    again = create(upstash, wanted)
    assert again == first | {"plan": "fixed_1gb", "eviction": True}
    shown = at_upstash(upstash, first)
    assert (shown["eviction"], shown["db_disk_threshold"]) == (True, PLANS["fixed_1gb"].data_bytes)


def test_a_database_in_another_region_is_not_taken_over(upstash: LocalUpstash, inputs: Props) -> None:
    create(upstash, inputs)
    with pytest.raises(UserError) as caught:
        upstash.provider().create(inputs | {"region": "eu-west-1"})
    assert str(caught.value) == (
        f"shoreline:upstash.database: database {inputs['name']!r} exists in us-east-1."
        " Choose another name, or set shoreline:upstash.region to that region"
    )


def test_eviction_and_plan_are_changed_in_place(upstash: LocalUpstash, inputs: Props) -> None:
    provider = upstash.provider()
    olds = create(upstash, inputs)
    wanted = inputs | {"plan": "fixed_5gb", "eviction": True}
    difference = provider.diff(olds["databaseId"], olds, wanted)
    assert (difference.changes, difference.replaces) == (True, [])
    updated = provider.update(olds["databaseId"], olds, wanted).outs
    assert updated == olds | {"plan": "fixed_5gb", "eviction": True}
    shown = at_upstash(upstash, olds)
    assert (shown["eviction"], shown["db_disk_threshold"]) == (True, PLANS["fixed_5gb"].data_bytes)
    assert not provider.diff(olds["databaseId"], updated, wanted).changes
    back = provider.update(olds["databaseId"], updated, inputs).outs
    assert back == olds
    assert at_upstash(upstash, olds)["eviction"] is False


def test_a_change_of_name_or_region_replaces_it(inputs: Props) -> None:
    provider = RedisProvider()
    assert not provider.diff("id", inputs, inputs).changes
    renamed = provider.diff("id", inputs, inputs | {"name": "other"})
    assert (renamed.replaces, renamed.delete_before_replace) == (["name"], False)
    moved = provider.diff("id", inputs, inputs | {"region": "eu-west-1"})
    assert (moved.replaces, moved.delete_before_replace) == (["region"], True)
    assert provider.diff("id", inputs, inputs | {"name": UNKNOWN}).replaces == []


def test_what_was_changed_elsewhere_is_read_back(upstash: LocalUpstash, inputs: Props) -> None:
    provider = upstash.provider()
    olds = create(upstash, inputs)
    id_ = olds["databaseId"]
    assert provider.read(id_, olds).outs == olds
    upstash.call("POST", f"/enable-eviction/{id_}")
    upstash.call("POST", f"/change-plan/{id_}", {"plan_name": "fixed_10gb"})
    upstash.call("POST", f"/reset-password/{id_}")
    read = provider.read(id_, olds)
    assert read.inputs == inputs | {"eviction": True, "plan": "fixed_10gb"}
    assert read.outs is not None
    for credential in ("password", "restToken", "readOnlyRestToken"):
        assert read.outs[credential] != olds[credential]
    difference = provider.diff(id_, read.outs, inputs)
    assert difference.changes and not difference.replaces


def test_a_database_deleted_elsewhere_is_gone_and_created_again(upstash: LocalUpstash, inputs: Props) -> None:
    provider = upstash.provider()
    olds = create(upstash, inputs)
    upstash.call("DELETE", f"/database/{olds['databaseId']}")
    assert provider.read(olds["databaseId"], olds).id is None
    provider.delete(olds["databaseId"], olds)
    with pytest.raises(UserError, match="is gone from Upstash"):
        provider.update(olds["databaseId"], olds, inputs | {"eviction": True})
    assert create(upstash, inputs)["databaseId"] != olds["databaseId"]


def test_a_deleted_database_is_gone_from_upstash(upstash: LocalUpstash, inputs: Props) -> None:
    olds = create(upstash, inputs)
    upstash.provider().delete(olds["databaseId"], olds)
    assert upstash.call("GET", f"/database/{olds['databaseId']}").status_code == 404


def test_a_plan_or_region_that_upstash_lacks_is_named_at_the_preview(inputs: Props) -> None:
    provider = RedisProvider()
    assert not provider.check({}, inputs).failures
    assert not provider.check({}, inputs | {"plan": UNKNOWN, "region": UNKNOWN}).failures
    [failure] = provider.check({}, inputs | {"plan": "fixed_2gb"}).failures
    assert failure.reason.startswith(
        "shoreline:upstash.plan: 'fixed_2gb' is none of free, payg, fixed_250mb,"
    )
    [failure] = provider.check({}, inputs | {"region": "mars"}).failures
    assert failure.reason.startswith("shoreline:upstash.region: 'mars' is none of us-east-1,")


def test_upstashs_refusals_are_one_message_each(upstash: LocalUpstash, inputs: Props) -> None:
    with pytest.raises(UserError) as caught:
        upstash.provider().create(inputs | {"name": "Not A Name"})
    assert str(caught.value).startswith(
        "shoreline:upstash.database: Upstash refuses database 'Not A Name' with plan fixed_250mb"
        " in us-east-1: invalid database_name"
    )
    olds = create(upstash, inputs)
    with pytest.raises(UserError) as caught:
        upstash.provider().update(olds["databaseId"], olds, inputs | {"plan": "free"})
    assert str(caught.value) == (
        f"shoreline:upstash.plan: Upstash does not change database {inputs['name']!r}:"
        " a database cannot be changed to the free plan. Choose another plan"
    )


def test_a_wrong_key_and_an_unreachable_endpoint_are_one_message_each(
    upstash: LocalUpstash, inputs: Props
) -> None:
    with pytest.raises(UserError) as caught:
        upstash.provider(api_key="wrong").create(inputs)
    assert str(caught.value) == (
        f"shoreline:upstashApiKey: {upstash.settings.api} refuses the email with the key (401)."
        " Set a valid one with `pulumi config set --secret shoreline:upstashApiKey`"
    )
    nowhere = LocalUpstash(upstash.settings.model_copy(update={"api": "http://127.0.0.1:1/v2"}))
    with pytest.raises(UserError) as caught:
        nowhere.provider().create(inputs)
    assert str(caught.value) == (
        "shoreline:upstash.api: http://127.0.0.1:1/v2 cannot be reached (Connection refused)."
        " Check the address and the network; `make up` starts the dev stack's local cloud"
    )


def test_settings_that_are_missing_are_named(upstash: LocalUpstash) -> None:
    with pytest.raises(UserError, match=r"^shoreline:upstashApiKey: the secret is missing"):
        upstash.provider(api_key="")
    with pytest.raises(UserError, match=r"^shoreline:upstash: the setting is missing or wrong"):
        Platform.configured({"shoreline:upstash": "{}", "shoreline:upstashApiKey": "key"})


def test_an_endpoint_is_a_whole_host_name_whichever_way_it_is_told() -> None:
    answer: Props = {
        "database_id": "id",
        "database_name": "name",
        "primary_region": "us-east-1",
        "port": 6379,
        "tls": True,
        "eviction": False,
        "password": "p",
        "rest_token": "t",
        "read_only_rest_token": "r",
    }
    for endpoint in ("beloved-stallion-58500", "beloved-stallion-58500.upstash.io"):
        database = Answer.model_validate(answer | {"endpoint": endpoint, "unknown": 1})
        assert database.host == "beloved-stallion-58500.upstash.io"
        assert database.plan("payg") == "payg"


def test_a_plan_is_known_by_its_size_unless_it_is_the_expected_one() -> None:
    assert plan_of_size(PLANS["payg"].data_bytes, "payg") == "payg"
    assert plan_of_size(PLANS["payg"].data_bytes, "fixed_100gb") == "fixed_100gb"
    assert plan_of_size(PLANS["fixed_1gb"].data_bytes, "payg") == "fixed_1gb"
    assert plan_of_size(12345, "fixed_5gb") == "fixed_5gb"


def test_a_pickle_is_a_reference_to_the_class() -> None:
    stored = base64.b64decode(serialize_provider(RedisProvider()))
    strings = [argument for _, argument, _ in pickletools.genops(stored) if isinstance(argument, str)]
    assert strings == [RedisProvider.__module__, RedisProvider.__qualname__]
    assert type(pickle.loads(stored)) is RedisProvider  # noqa: S301 - made here
    assert vars(RedisProvider()) == {}
    assert not RedisProvider.serialize_as_secret_always
