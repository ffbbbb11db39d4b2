"""Group, database and token against the local Turso: adoption by name, drift, deletion, refusals."""

from typing import Any

import pytest

from infra.errors import UserError
from infra.providers.turso.database import DatabaseProvider
from infra.providers.turso.group import GroupProvider
from infra.providers.turso.token import DatabaseTokenProvider
from tests.support.turso import LocalTurso
from tests.unit.providers.conftest import Created, token_inputs


def group_inputs(turso: LocalTurso) -> dict[str, Any]:
    return {"name": turso.settings.group, "location": turso.settings.location}


def database_inputs(turso: LocalTurso) -> dict[str, Any]:
    return {"name": turso.settings.database, "group": turso.settings.group, "deleteProtection": False}


def test_a_group_that_exists_is_taken_over(turso: LocalTurso) -> None:
    provider = turso.provider(GroupProvider)
    first = provider.create(group_inputs(turso))
    again = provider.create(group_inputs(turso))
    assert (again.id, again.outs) == (first.id, first.outs)
    assert again.outs is not None
    assert again.outs["uuid"]


def test_a_group_in_another_location_is_not_taken_over(turso: LocalTurso) -> None:
    provider = turso.provider(GroupProvider)
    provider.create(group_inputs(turso))
    with pytest.raises(UserError) as caught:
        provider.create(group_inputs(turso) | {"location": "aws-eu-west-1"})
    assert str(caught.value) == (
        f"shoreline:turso.location: group {turso.settings.group!r} exists and is in aws-us-east-1."
        " Set it to aws-us-east-1, or name a new group in shoreline:turso.group"
    )


def test_a_group_does_not_move(turso: LocalTurso) -> None:
    olds = group_inputs(turso)
    [failure] = turso.provider(GroupProvider).check(olds, olds | {"location": "aws-eu-west-1"}).failures
    assert failure.reason == (
        f"shoreline:turso.location: group {turso.settings.group!r} is in aws-us-east-1, and a group cannot"
        " move to aws-eu-west-1. Name a new group in shoreline:turso.group"
    )


def test_a_group_with_another_stacks_database_outlives_the_stack(created: Created) -> None:
    provider = created.turso.provider(GroupProvider)
    name = created.turso.settings.group
    provider.delete(name, {})
    assert created.turso.call("GET", f"/groups/{name}").status_code == 200
    created.turso.provider(DatabaseProvider).delete(created.database["name"], created.database)
    provider.delete(name, {})
    assert provider.read(name, {}).id is None
    provider.delete(name, {})


def test_a_database_that_exists_is_taken_over(created: Created) -> None:
    again = created.turso.provider(DatabaseProvider).create(database_inputs(created.turso))
    assert again.id == created.turso.settings.database
    assert again.outs == created.database


def test_a_database_of_another_group_is_not_taken_over(created: Created) -> None:
    other = created.turso.fresh()
    created.turso.provider(GroupProvider).create(group_inputs(other))
    inputs = database_inputs(created.turso) | {"group": other.settings.group}
    with pytest.raises(UserError) as caught:
        created.turso.provider(DatabaseProvider).create(inputs)
    assert str(caught.value) == (
        f"shoreline:turso.database: database {created.turso.settings.database!r} exists in group"
        f" {created.turso.settings.group!r}. Choose another name, or set shoreline:turso.group to that group"
    )


def test_a_database_in_a_group_that_does_not_exist_is_the_users_mistake(turso: LocalTurso) -> None:
    with pytest.raises(UserError, match=r"shoreline:turso\.database: Turso refuses database"):
        turso.provider(DatabaseProvider).create(database_inputs(turso))


def test_a_database_deleted_elsewhere_is_created_again(created: Created) -> None:
    provider = created.turso.provider(DatabaseProvider)
    provider.delete(created.database["name"], created.database)
    assert provider.read(created.database["name"], created.database).id is None
    again = provider.create(database_inputs(created.turso)).outs
    assert again is not None
    assert again["databaseId"] != created.database["databaseId"]
    provider.delete("nobody", {})


def test_protection_is_told_to_turso_and_read_back(created: Created) -> None:
    provider = created.turso.provider(DatabaseProvider)
    name = created.database["name"]
    wanted = database_inputs(created.turso) | {"deleteProtection": True}
    assert provider.diff(name, created.database, wanted).changes
    updated = provider.update(name, created.database, wanted).outs
    assert updated == created.database | {"deleteProtection": True}
    assert provider.read(name, created.database).outs == updated
    assert not provider.diff(name, updated, wanted).changes
    with pytest.raises(UserError, match="does not delete database"):
        provider.delete(name, updated)
    provider.update(name, updated, database_inputs(created.turso))
    provider.delete(name, updated)


def test_a_change_of_name_replaces_a_database_and_one_of_group_is_refused(created: Created) -> None:
    provider = created.turso.provider(DatabaseProvider)
    olds = database_inputs(created.turso)
    assert provider.diff("id", created.database, olds | {"name": "other"}).replaces == ["name"]
    assert not provider.diff("id", created.database, olds).changes
    [failure] = provider.check(olds, olds | {"group": "other"}).failures
    assert failure.reason.endswith(
        "and a database cannot move to another. Name a new database in shoreline:turso.database"
    )


def test_a_token_opens_its_database_until_it_is_revoked(created: Created) -> None:
    provider = created.turso.provider(DatabaseTokenProvider)
    assert provider.read("id", created.token).outs == created.token
    assert created.turso.call("POST", f"/databases/{created.database['name']}/auth/rotate").is_success
    assert provider.read("id", created.token).id is None


def test_a_token_goes_with_its_database(created: Created) -> None:
    created.turso.provider(DatabaseProvider).delete(created.database["name"], created.database)
    assert created.turso.provider(DatabaseTokenProvider).read("id", created.token).id is None


def test_a_token_is_replaced_with_its_database_or_its_rights(created: Created) -> None:
    provider = created.turso.provider(DatabaseTokenProvider)
    news = token_inputs(created.database)
    assert not provider.diff("id", created.token, news).changes
    assert provider.diff("id", created.token, news | {"databaseId": "new"}).replaces == ["databaseId"]
    assert provider.diff("id", created.token, news | {"authorization": "read-only"}).replaces == [
        "authorization"
    ]


def test_a_wrong_key_and_an_unreachable_endpoint_are_one_message_each(turso: LocalTurso) -> None:
    with pytest.raises(UserError) as caught:
        turso.provider(GroupProvider, token="wrong").create(group_inputs(turso))
    assert str(caught.value) == (
        f"shoreline:tursoToken: {turso.settings.api} refuses the token (401). Set a valid one with"
        " `pulumi config set --secret shoreline:tursoToken`"
    )
    nowhere = LocalTurso(turso.settings.model_copy(update={"api": "http://127.0.0.1:1"}))
    with pytest.raises(UserError) as caught:
        nowhere.provider(GroupProvider).create(group_inputs(turso))
    assert str(caught.value) == (
        "shoreline:turso.api: http://127.0.0.1:1 cannot be reached (Connection refused)."
        " Check the address and the network; `make up` starts the dev stack's local cloud"
    )


def test_an_unreachable_database_is_not_taken_for_a_deleted_one(created: Created) -> None:
    nowhere = LocalTurso(created.turso.settings.model_copy(update={"databases": "http://127.0.0.1:1"}))
    with pytest.raises(
        UserError, match=r"^shoreline:turso\.databases: the database at http://127\.0\.0\.1:1 cannot"
    ):
        nowhere.provider(DatabaseTokenProvider).read("id", created.token)


def test_settings_that_are_missing_are_named(turso: LocalTurso) -> None:
    with pytest.raises(UserError, match=r"^shoreline:tursoToken: the secret is missing"):
        turso.provider(GroupProvider, token="")
