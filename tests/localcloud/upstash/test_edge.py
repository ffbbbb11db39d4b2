"""A Worker in the real workerd reaches a database by REST, at the database's own https address."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.localcloud.cloudflare.local import Local
from tests.support.upstash import Database, UpstashCloud

CODE = """export default { async fetch(request) {
  const { endpoint, token } = await request.json();
  const answer = await fetch(`https://${endpoint}/pipeline`, {
    method: "POST",
    headers: { authorization: `Bearer ${token}` },
    body: JSON.stringify([["SET", "by", "the edge"], ["GET", "by"]]),
  });
  return new Response(answer.body, { status: answer.status });
} }"""


@pytest.fixture
async def edge(tmp_path: Path, cloud: UpstashCloud) -> AsyncIterator[Local]:
    rest = cloud.endpoints.upstash_rest
    assert rest
    running = Local(tmp_path, {"*.upstash.localhost": rest})
    await running.start()
    await running.live(CODE)
    yield running
    await running.stop()


async def test_a_worker_reaches_a_database_by_its_endpoint(edge: Local, shared: Database) -> None:
    access = {"endpoint": shared.wire["endpoint"], "token": shared.wire["rest_token"]}
    answer = await edge.visitor.post("/", json=access)
    assert (answer.status_code, answer.json()) == (200, [{"result": "OK"}, {"result": "the edge"}])
    assert shared.tcp().get("by") == b"the edge"
    for wrong in ({"token": "wrong"}, {"endpoint": "nobody-123456.upstash.localhost"}):
        assert (await edge.visitor.post("/", json=access | wrong)).status_code in (401, 404)
