"""Exports: written down, queued, and only their owner's."""

import httpx
import pytest

from services.common.files.disk import Disk
from services.common.identity import Identity
from tests.support.notes import insert_notes, insert_workspace
from tests.support.problem import check_problem
from tests.support.process import until
from tests.unit.api.conftest import Api

NOBODYS = "01a0c450-73d0-7000-8a08-9200102c18d4"
EVE = Identity(user="eve", name="Eve")


@pytest.fixture(scope="module")
def note(api: Api) -> str:
    return insert_notes(api.database, "exports", 1)[0].id


def create(api: Api, who: Identity, note: str) -> httpx.Response:
    return api.door.ask("POST", "/api/exports", who, json={"note": note})


def test_an_export_is_accepted_and_can_be_asked_for(api: Api, ada: Identity, note: str) -> None:
    response = create(api, ada, note)
    assert response.status_code == 202
    told = response.json()
    assert (told["note"], told["state"]) == (note, "queued")
    assert response.headers["location"] == f"/api/exports/{told['id']}"
    read = api.door.ask("GET", response.headers["location"], ada).json()
    assert read == {**told, "finished": None}


def test_the_job_is_in_the_queue_under_the_export_id(api: Api, ada: Identity, note: str) -> None:
    identifier = create(api, ada, note).json()["id"]
    with api.cache.client() as redis:
        until(lambda: redis.exists(f"streaq:shoreline:task:data:{identifier}") or None, "the job is queued")


def test_an_export_belongs_to_who_asked_for_it(api: Api, ada: Identity, note: str) -> None:
    location = create(api, ada, note).headers["location"]
    check_problem(api.door.ask("GET", location, EVE), 404)


def test_what_is_done_can_be_had_as_a_file(api: Api, ada: Identity, note: str) -> None:
    told = create(api, ada, note).json()
    location = f"/api/servers/{told['server']}/exports/{told['id']}/file"
    check_problem(api.door.ask("GET", location, ada), 404)
    disk = Disk(api.folder / "shoreline" / "files", 0)
    disk.write(disk.result(told["id"]), b"%PDF-1.7")
    api.database.execute("update exports set state = 'done' where id = :id", {"id": told["id"]})
    response = api.door.ask("GET", location, ada)
    assert response.content == b"%PDF-1.7"
    assert response.headers["content-type"] == "application/pdf"
    assert response.headers["content-disposition"] == f'attachment; filename="note-{note}.pdf"'
    check_problem(api.door.ask("GET", location, EVE), 404)
    check_problem(api.door.ask("GET", location.replace("vps-1", "vps-2"), ada), 404)


def test_there_is_no_export_of_a_note_that_is_missing(api: Api, ada: Identity) -> None:
    check_problem(create(api, ada, NOBODYS), 404)


def test_a_note_of_a_closed_workspace_is_exported_for_its_members_only(api: Api, ada: Identity) -> None:
    closed = insert_notes(api.database, "closed-exports", 1, open=False)[0].id
    check_problem(create(api, ada, closed), 404)
    insert_workspace(api.database, "closed-exports", {ada.user: "viewer"}, open=False)
    assert create(api, ada, closed).status_code == 202


@pytest.mark.parametrize("body", [{}, {"note": 1}, {"note": "' or 1=1 --"}, {"note": NOBODYS, "user": "eve"}])
def test_a_wish_that_makes_no_sense_is_refused(api: Api, ada: Identity, body: object) -> None:
    check_problem(api.door.ask("POST", "/api/exports", ada, json=body), 422)


def test_without_the_queue_an_export_is_accepted_and_kept(api: Api, ada: Identity, note: str) -> None:
    with api.cache.down():
        response = create(api, ada, note)
        line = api.door.service.logged(id=response.headers["x-request-id"])
    assert response.status_code == 202
    assert str(line["failure"]).startswith("queue: ")
    assert api.door.ask("GET", response.headers["location"], ada).json()["state"] == "queued"

    def queued_again() -> bool | None:
        request = create(api, ada, note).headers["x-request-id"]
        return True if "failure" not in api.door.service.logged(id=request) else None

    until(queued_again, "the api finds the queue again by itself")
