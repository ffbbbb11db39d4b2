"""A user's mistake: one clear message, an exit code that is not 0, and an `up` that repairs it afterwards."""

import socket
from collections.abc import Iterator

import pytest

from tests.support.clone import Clone

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module", autouse=True)
def left_as_declared(running: Clone) -> Iterator[None]:
    """Once, after all of them: what is refused does nothing by halves, and an `up` mends the rest."""
    yield
    running.pulumi("preview", "--expect-no-changes")


def refused(clone: Clone) -> str:
    """What `make up` says on its way to a failure."""
    done = clone.attempt("python", "-m", "infra.cli", "up")
    said = done.stdout + done.stderr
    assert done.returncode != 0, said
    assert "Traceback" not in said, said
    return said


def test_a_busy_port(running: Clone) -> None:
    running.localcloud("down")
    with socket.socket() as other:
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        other.bind(("127.0.0.1", running.ports[0]))
        other.listen()
        said = refused(running)
    assert "shoreline:edge.url" in said and str(running.ports[0]) in said
    running.shoreline("up")


def test_a_wrong_key(running: Clone) -> None:
    original = running.stack_file.read_text()
    running.pulumi("config", "set", "--secret", "cloudflare:apiToken", "wrong-token-of-a-test")
    running.change_setting("shoreline:edge", crons=["1 * * * *"])
    said = refused(running)
    assert "cloudflare:apiToken" in said and "wrong-token-of-a-test" not in said
    running.stack_file.write_text(original)


def test_a_wrong_database_key(running: Clone) -> None:
    original = running.stack_file.read_text()
    running.pulumi("config", "set", "--secret", "shoreline:tursoToken", "wrong-token-of-a-test")
    running.change_setting("shoreline:turso", database="another")
    said = refused(running)
    running.stack_file.write_text(original)
    assert "shoreline:tursoToken" in said and "wrong-token-of-a-test" not in said
    running.shoreline("up")


def test_a_missing_secret(running: Clone) -> None:
    original = running.stack_file.read_text()
    running.pulumi("config", "rm", "shoreline:tursoToken")
    said = refused(running)
    assert (
        "shoreline:tursoToken: the secret is missing. Run `pulumi config set --secret shoreline:tursoToken`."
        in said
    )
    running.stack_file.write_text(original)


def test_an_unreachable_endpoint(running: Clone) -> None:
    original = running.stack_file.read_text()
    running.change_setting("shoreline:seed", notes=101)
    running.change_setting("shoreline:turso", databases="http://127.0.0.1:9")
    done = running.attempt("pulumi", "up", "--yes", "--skip-preview", "--non-interactive")
    said = done.stdout + done.stderr
    running.stack_file.write_text(original)
    assert done.returncode != 0 and "Traceback" not in said, said
    assert "127.0.0.1:9" in said and "shoreline:turso.databases" in said
    running.shoreline("up")


def test_a_malformed_migration(running: Clone) -> None:
    folder = running.folder / "services" / "schema"
    name = f"{len(list(folder.glob('*.sql'))) + 1:04}_broken.sql"
    migration = folder / name
    migration.write_text("create table fine (id integer);\n\ncreate tabel broken (id integer);\n")
    said = refused(running)
    assert f"{name}, line 3" in said or f"{name}:3" in said, said
    migration.write_text("create table fine (id integer);\n")
    running.shoreline("up")


def test_an_edited_migration(running: Clone) -> None:
    migration = running.folder / "services" / "schema" / "0001_notes.sql"
    original = migration.read_text()
    migration.write_text(original + "\n-- edited\n")
    said = refused(running)
    migration.write_text(original)
    assert "0001_notes.sql" in said


def test_code_that_does_not_build(running: Clone) -> None:
    source = running.folder / "services" / "edge" / "src" / "index.ts"
    original = source.read_text()
    source.write_text(original + "\nexport const broken = ;\n")
    said = refused(running)
    source.write_text(original)
    assert "services/edge" in said and "index.ts" in said


def test_a_route_that_contradicts_itself(running: Clone) -> None:
    declared = running.folder / "infra" / "routes" / "digest.py"
    original = declared.read_text("utf-8")
    declared.write_text(original.replace('tier="edge"', 'tier="server", rollout=10'), "utf-8")
    line = original[: original.index("read_digest = Route(")].count("\n") + 1
    words = (
        f'infra/routes/digest.py:{line}: GET /api/digest: rollout=10 on tier="server":'
        ' the edge answers none of it. Leave out rollout, or use tier="edge".'
    )
    said = refused(running)
    previewed = running.attempt("pulumi", "preview", "--non-interactive")
    declared.write_text(original, "utf-8")
    assert words in said
    assert previewed.returncode != 0 and words in previewed.stdout + previewed.stderr
