"""Jobs over the api: only their owner's, cancelled once, and dead ones for operators only."""

import pytest

from services.common.identity import Identity
from services.common.ids import now_ms
from services.common.jobs import NewJob
from tests.support.problem import check_problem
from tests.unit.api.conftest import Api

NOBODYS = "01a0c450-73d0-7000-8a08-9200102c18d4"


@pytest.fixture
def operator(api: Api, ada: Identity) -> Identity:
    api.database.execute("insert into admins values (:user)", {"user": ada.user})
    return ada


def write(api: Api, owner: str, **columns: str | int) -> str:
    job = NewJob("export", owner=owner)
    statement = job.statement()
    api.database.execute(statement.sql, statement.args)  # type: ignore[arg-type] # no job holds a float
    for name, value in columns.items():
        args = {"id": job.id, "value": value}
        api.database.execute(f"update jobs set {name} = :value where id = :id", args)  # noqa: S608 - a name of ours
    return job.id


def test_a_job_is_told_to_its_owner_only(api: Api, ada: Identity) -> None:
    job = write(api, ada.user, progress='{"done":1,"total":4}', error="for operators")
    told = api.door.ask("GET", f"/api/jobs/{job}", ada).json()
    assert (told["kind"], told["state"], told["error"]) == ("export", "queued", None)
    assert told["progress"] == {"done": 1, "total": 4}
    eve = Identity(user="eve", name="Eve")
    check_problem(api.door.ask("GET", f"/api/jobs/{job}", eve), 404)
    check_problem(api.door.ask("POST", f"/api/jobs/{job}/cancel", eve), 404)


def test_a_job_is_cancelled_unless_it_has_ended(api: Api, ada: Identity) -> None:
    job = write(api, ada.user)
    assert api.door.ask("POST", f"/api/jobs/{job}/cancel", ada).json()["state"] == "cancelled"
    check_problem(api.door.ask("POST", f"/api/jobs/{job}/cancel", ada), 409)


@pytest.mark.parametrize(
    ("method", "path"), [("GET", "/api/jobs/dead"), ("POST", f"/api/jobs/{NOBODYS}/replay")]
)
def test_dead_jobs_are_for_operators(api: Api, ada: Identity, method: str, path: str) -> None:
    check_problem(api.door.ask(method, path, ada), 403)


def test_a_dead_job_is_listed_and_played_again_once(api: Api, operator: Identity) -> None:
    job = write(api, "somebody", state="dead", finished=now_ms(), error="it took too long")
    [listed, *_] = api.door.ask("GET", "/api/jobs/dead", operator).json()["jobs"]
    assert (listed["id"], listed["error"]) == (job, "it took too long")
    assert api.door.ask("POST", f"/api/jobs/{job}/replay", operator).status_code == 202
    check_problem(api.door.ask("POST", f"/api/jobs/{job}/replay", operator), 404)
    with api.cache.client() as redis:
        assert redis.exists(f"streaq:shoreline:task:data:{job}")
