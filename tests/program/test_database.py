"""The database under Pulumi mocks: which resources it declares, in which order, and what is secret."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn

import pulumi
import pytest
from pulumi.runtime import mocks

from infra.components.database import Database
from infra.errors import UserError
from infra.paths import SCHEMA
from infra.settings import SeedSettings, TursoSettings
from services.schema import seed

awaited: Callable[[Callable[[], pulumi.Output[Any]]], Callable[[], None]] = mocks.test

SETTINGS = TursoSettings(
    organization="shoreline", group="default", location="aws-us-east-1", database="notes"
)
PREFIX = "pulumi-python:dynamic/turso:"
ANSWERS: dict[str, dict[str, Any]] = {
    "Database": {"databaseId": "id-1", "hostname": "notes-shoreline.turso.io"},
    "DatabaseToken": {"jwt": "a-token"},
    "Migrations": {"applied": [{"name": "0001_notes.sql", "checksum": "c"}]},
}


class Recorder(mocks.Mocks):
    """Answers every creation as the providers do, and keeps the inputs by kind, in order."""

    def __init__(self) -> None:
        self.inputs: dict[str, dict[str, Any]] = {}

    def new_resource(self, args: mocks.MockResourceArgs) -> tuple[str | None, dict[str, Any]]:
        kind = args.typ.removeprefix(PREFIX)
        self.inputs[kind] = args.inputs
        return f"{args.name}-id", args.inputs | ANSWERS.get(kind, {})

    def call(self, args: mocks.MockCallArgs) -> NoReturn:
        raise AssertionError(f"the program calls {args.token}")


@pytest.fixture
def recorder() -> Recorder:
    recorder = Recorder()
    mocks.set_mocks(recorder, project="shoreline", stack="test", preview=False)
    return recorder


def declare(schema: Path = SCHEMA, protect: bool = False) -> dict[str, Any]:
    """Runs the component to its end and returns its outputs."""
    seen: dict[str, Any] = {}

    @awaited
    def program() -> pulumi.Output[None]:
        database = Database("notes", SETTINGS, seed=SeedSettings(notes=100), schema=schema, protect=protect)
        secret: pulumi.Output[bool] = pulumi.Output.from_input(database.token.is_secret())
        outputs = {
            "hostname": database.hostname,
            "url": database.url,
            "token": database.token,
            "secret": secret,
        }
        return pulumi.Output.all(**outputs).apply(seen.update)

    program()
    return seen


def test_five_resources_in_order_below_one_component(recorder: Recorder) -> None:
    declare()
    assert list(recorder.inputs) == [
        "shoreline:index:Database",
        "Group",
        "Database",
        "DatabaseToken",
        "Migrations",
        "Seed",
    ]


def test_the_settings_reach_the_resources(recorder: Recorder) -> None:
    declare()
    kept = {
        kind: {k: v for k, v in given.items() if k != "__provider"} for kind, given in recorder.inputs.items()
    }
    access = {"databaseId": "id-1", "hostname": "notes-shoreline.turso.io"}
    assert kept["Group"] == {"name": "default", "location": "aws-us-east-1"}
    assert kept["Database"] == {"name": "notes", "group": "default", "deleteProtection": False}
    assert kept["DatabaseToken"] == access | {
        "database": "notes",
        "authorization": "full-access",
        "expiration": "never",
    }
    assert kept["Migrations"]["folder"] == "services/schema"
    assert kept["Migrations"]["migrations"][0]["name"] == "0001_notes.sql"
    assert kept["Seed"]["notes"] == 100
    assert kept["Seed"]["version"] == seed.VERSION


def test_the_outputs_are_hostname_url_and_a_secret_token(recorder: Recorder) -> None:
    assert declare() == {
        "hostname": "notes-shoreline.turso.io",
        "url": "https://notes-shoreline.turso.io",
        "token": "a-token",
        "secret": True,
    }


def test_no_input_holds_an_endpoint_or_the_platforms_token(recorder: Recorder) -> None:
    declare()
    assert "api.turso.tech" not in repr(recorder.inputs)
    assert all("tursoToken" not in given for given in recorder.inputs.values())


def test_protection_reaches_turso(recorder: Recorder) -> None:
    declare(protect=True)
    assert recorder.inputs["Database"]["deleteProtection"] is True


def test_a_schema_that_cannot_be_read_stops_the_program_before_any_resource(
    recorder: Recorder, tmp_path: Path
) -> None:
    (tmp_path / "0002_late.sql").write_text("select 1;")
    with pytest.raises(UserError, match="this one should start with 0001"):
        declare(schema=tmp_path)
    assert set(recorder.inputs) <= {"shoreline:index:Database"}
