"""Imports over the api: once a file, cancelled once, resumed once, and only who began them."""

from dataclasses import replace

import pytest

from services.common.identity import Identity
from services.common.ids import new_id
from tests.support.notes import insert_notes
from tests.support.problem import check_problem
from tests.support.uploads import Uploads
from tests.unit.api.conftest import Api


@pytest.fixture
def uploads(api: Api) -> Uploads:
    workspace = f"imports-{new_id()[-12:]}"
    return Uploads(api.door, Identity(user=new_id(), name="Ada", ws={workspace: "editor"}), workspace)


def test_an_import_is_begun_cancelled_and_resumed_once_each(api: Api, uploads: Uploads) -> None:
    file = uploads.send(b'{"title":"one"}\n', "notes.jsonl")
    begun = uploads.get(f"{file}/import", "POST")
    assert (begun.status_code, begun.json()["state"]) == (202, "queued")
    check_problem(uploads.get(f"{file}/import", "POST"), 409)
    path = f"/api/workspaces/{uploads.workspace}/imports/{begun.json()['id']}"
    check_problem(uploads.get(f"{path}/resume", "POST"), 409)
    assert uploads.get(f"{path}/cancel", "POST").json()["state"] == "cancelled"
    check_problem(uploads.get(f"{path}/cancel", "POST"), 409)
    resumed = uploads.get(f"{path}/resume", "POST").json()
    assert resumed["job"] != begun.json()["job"]
    check_problem(uploads.get(f"{path}/resume", "POST"), 409)
    [told] = uploads.get(f"/api/workspaces/{uploads.workspace}/imports").json()["imports"]
    assert (told["job"], told["state"], told["faults"]) == (resumed["job"], "queued", [])
    states = api.database.execute(
        "select state from jobs where owner = :owner order by id", {"owner": uploads.who.user}
    )
    assert states == [["cancelled"], ["queued"]]
    eve = replace(uploads, who=Identity(user="eve", name="Eve", ws={uploads.workspace: "editor"}))
    check_problem(eve.get(f"{path}/cancel", "POST"), 404)


def test_what_is_attached_to_a_note_is_no_import(api: Api, uploads: Uploads) -> None:
    [note] = insert_notes(api.database, uploads.workspace, 1)
    check_problem(uploads.get(f"{uploads.send(b'x', 'a', note.id)}/import", "POST"), 409)
