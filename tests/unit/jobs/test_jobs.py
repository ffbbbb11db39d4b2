"""The jobs service as a process: what it does in time, again, and after a kill."""

import json
import signal
import time

import pytest
import redis
from pypdf import PdfReader
from redis.client import PubSub

from services.common.events import EVERYBODY, channel_of
from services.common.files.disk import Disk
from services.common.queue import Place, queue, queue_worker
from tests.support.notes import insert_notes
from tests.support.process import until
from tests.support.services import Service
from tests.unit.jobs.conftest import Jobs

STATES = (
    {"state": "running"},
    {"state": "running", "progress": {"done": 1, "total": 1}},
    {"state": "done"},
)


async def enqueue(jobs: Jobs, *identifiers: str) -> None:
    """As the api does."""
    async with queue_worker(jobs.cache.url) as worker:
        await queue(worker, [(each, Place("high")) for each in identifiers])


def disk_of(jobs: Jobs) -> Disk:
    return Disk(jobs.folder / "shoreline" / "files", 0)


def listen(client: redis.Redis, channel: str) -> PubSub:
    listening: PubSub = client.pubsub()  # type: ignore[no-untyped-call] # redis-py
    listening.subscribe(channel)
    assert listening.get_message(timeout=5) is not None
    return listening


def next_event(listening: PubSub) -> object:
    def event() -> object | None:
        message = listening.get_message(ignore_subscribe_messages=True, timeout=0.1)
        return None if message is None else json.loads(message["data"])

    return until(event, "an event is published")


async def test_an_export_is_made_written_down_and_told(jobs: Jobs, note: str) -> None:
    identifier = jobs.write_export(note, user="ada-1")
    with jobs.working() as service, jobs.cache.client() as client:
        listening = listen(client, channel_of("ada-1"))
        await enqueue(jobs, identifier)
        events = [next_event(listening) for _ in range(3)]
        line = service.logged(job="export", id=identifier)
    assert events == [{"type": "job", "id": identifier, "kind": "export", **each} for each in STATES]
    done = jobs.await_export(identifier)
    text = " ".join(page.extract_text() for page in PdfReader(disk_of(jobs).result(identifier)).pages)
    assert text.startswith("Note 3")
    assert "Paragraphs 2" in text
    assert "Low tide." in text
    assert abs(int(str(done["finished"])) - time.time() * 1000) < 60_000
    assert (line["ok"], line["tier"], line["server"]) == (True, "jobs", "vps-1")
    assert line["database"]["rowsRead"] > 0


async def test_queued_twice_is_done_once(jobs: Jobs, note: str) -> None:
    identifier = jobs.write_export(note)
    with jobs.working() as service:
        await enqueue(jobs, identifier, identifier)
        first = jobs.await_export(identifier)
        await enqueue(jobs, identifier)
        await enqueue(jobs, after := jobs.write_export(note))
        jobs.await_export(after)
        assert jobs.export(identifier) == first
        assert len([line for line in service.lines() if line.get("id") == identifier]) <= 2


async def test_an_export_of_a_note_that_is_gone_fails(jobs: Jobs) -> None:
    identifier = jobs.write_export("01a0c450-73d0-7000-8a08-9200102c18d4")
    with jobs.working():
        await enqueue(jobs, identifier)
        assert jobs.await_export(identifier)["state"] == "failed"


async def test_a_database_that_fails_is_asked_again(jobs: Jobs, note: str) -> None:
    identifier = jobs.write_export(note)
    with jobs.working() as service:
        with jobs.gate.trouble("drops"):
            await enqueue(jobs, identifier)
            line = service.logged(id=identifier, ok=False)
        assert jobs.await_export(identifier)["state"] == "done"
    assert str(line["failure"]).startswith("database unavailable: ")
    assert jobs.database.token not in service.log.read_text("utf-8")


async def test_what_was_never_queued_is_found(jobs: Jobs, note: str) -> None:
    forgotten = jobs.write_export(note)
    with jobs.working():
        assert jobs.await_export(forgotten)["state"] == "done"


async def test_a_restart_of_redis_is_survived(jobs: Jobs, note: str) -> None:
    with jobs.working() as service:
        with jobs.cache.down():
            service.logged(event="worker")
            beat = heart(service)
        identifier = jobs.write_export(note)
        await enqueue(jobs, identifier)
        assert jobs.await_export(identifier)["state"] == "done"
        until(lambda: heart(service) > beat or None, "the heart beats again")
        assert service.process.poll() is None


def heart(service: Service) -> float:
    return service.heartbeat.stat().st_mtime


async def test_the_digest_is_made_again_and_again_and_told(jobs: Jobs) -> None:
    with jobs.working() as service, jobs.cache.client() as client:
        listening = listen(client, EVERYBODY)
        events = [next_event(listening) for _ in range(3)]
        [newest] = insert_notes(jobs.database, "digested", 1, title="Fresh")
        until(lambda: digest_of(jobs, "digested") or None, "the new workspace is counted")
        lines = [line for line in service.lines() if line.get("job") == "digest"]
    assert all(line["ok"] for line in lines)
    refreshed = [event["refreshed"] for event in events]  # type: ignore[index] # JSON
    assert len(set(refreshed)) == len(refreshed)  # two may overlap, so their order is not promised
    [[notes, _recent, title, newest_id]] = digest_of(jobs, "digested")
    assert (notes, title, newest_id) == ("1", newest.title, newest.id)


def digest_of(jobs: Jobs, workspace: str) -> list[list[str | None]]:
    query = "select notes, recent, title, newest from digest where workspace = :workspace"
    return jobs.database.execute(query, {"workspace": workspace})


@pytest.mark.parametrize("ending", [signal.SIGTERM, signal.SIGINT])
def test_it_stops_when_it_is_told_to(jobs: Jobs, ending: signal.Signals) -> None:
    with jobs.working() as service:
        service.process.send_signal(ending)
        assert service.process.wait(20) == 0
        assert service.lines()[-1]["event"] == "stop"
