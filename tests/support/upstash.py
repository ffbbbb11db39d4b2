"""The local Upstash for tests: alone for the provider, or in a local cloud, for third-party clients."""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import redis
import yaml
from pulumi.dynamic import Config, ConfigureRequest
from redis.backoff import NoBackoff
from redis.retry import Retry

from infra.localcloud.accounts import UPSTASH
from infra.localcloud.turso.engine import free_address
from infra.localcloud.upstash import Upstash
from infra.providers.upstash.redis import RedisProvider
from infra.settings import UpstashSettings
from tests.support.cloud import LocalCloud, free_ports
from tests.support.vendor import hosted
from tests.support.workerd import Redis

AUTH = (UPSTASH.email, UPSTASH.api_key)


@dataclass(frozen=True)
class Database:
    """A database as its creation answered, and where its REST protocol listens."""

    wire: dict[str, Any]
    rest: str

    @property
    def id(self) -> str:
        return str(self.wire["database_id"])

    def tcp(self, **options: Any) -> Any:
        """redis-py; its types say of every answer that it may be awaitable, so there are none."""
        password = options.pop("password", self.wire["password"])
        retry = Retry(NoBackoff(), 0)  # a refusal is one, at once
        return redis.Redis(
            host="127.0.0.1", port=self.wire["port"], password=password, retry=retry, **options
        )

    def http(self, credential: str | None = "rest_token", **headers: str) -> httpx.Client:
        """`credential` names one of the database's, or is the token itself, or None."""
        token = None if credential is None else self.wire.get(credential, credential)
        authorization = {} if token is None else {"authorization": f"Bearer {token}"}
        all_headers = {"host": self.wire["endpoint"], **authorization, **headers}
        return httpx.Client(base_url=self.rest, headers=all_headers, timeout=30, trust_env=False)

    def run(self, *command: str | int) -> Any:
        """One command by REST; its result."""
        with self.http() as client:
            answer = client.post("/", json=list(command))
        assert answer.status_code == 200, answer.text
        return answer.json()["result"]


class UpstashCloud(LocalCloud):
    """A local cloud with Upstash in it, whether or not the stack file it copies has it."""

    def choose_ports(self) -> None:
        super().choose_ports()
        document = yaml.safe_load(self.config_file.read_text())
        if "shoreline:upstash" not in document["config"]:
            api, rest = free_ports(2)
            document["config"]["shoreline:upstash"] = {
                "api": f"http://127.0.0.1:{api}/v2",
                "rest": f"http://127.0.0.1:{rest}",
            }
            self.config_file.write_text(yaml.safe_dump(document))

    def upstash(self, method: str, path: str, **options: Any) -> httpx.Response:
        """A call of Upstash's Developer API, `path` below /v2/redis."""
        assert self.endpoints.upstash_api
        url = f"{self.endpoints.upstash_api.url}/v2/redis{path}"
        return httpx.request(method, url, trust_env=False, timeout=30, **{"auth": AUTH, **options})

    def create(self, name: str, **more: Any) -> Database:
        body = {"database_name": name, "platform": "aws", "primary_region": "us-east-1", **more}
        answer = self.upstash("POST", "/database", json=body)
        assert answer.status_code == 200, answer.text
        assert self.endpoints.upstash_rest
        return Database(answer.json(), self.endpoints.upstash_rest.url)


@dataclass(frozen=True)
class LocalUpstash:
    """The local Upstash alone; `settings` name a database of the caller's."""

    settings: UpstashSettings

    def provider(self, api_key: str = UPSTASH.api_key) -> RedisProvider:
        """A provider as the engine configures it."""
        provider = RedisProvider()
        raw = {
            "shoreline:upstash": self.settings.model_dump_json(by_alias=True),
            "shoreline:upstashApiKey": api_key,
        }
        provider.configure(ConfigureRequest(Config(raw, "shoreline")))
        return provider

    def call(self, method: str, path: str, body: object = None) -> httpx.Response:
        """A call by somebody else than the provider, `path` below /v2/redis."""
        url = f"{self.settings.api}/redis{path}"
        return httpx.request(method, url, json=body, auth=AUTH, timeout=30, trust_env=False)

    def redis(self, name: str = "cache") -> Redis:
        """A database of this name over REST, as a Worker is bound to it."""
        body = {"database_name": name, "platform": "aws", "primary_region": "us-east-1"}
        wire = self.call("POST", "/database", body).raise_for_status().json()
        return Redis(int(str(self.settings.rest).rpartition(":")[2]), wire["endpoint"], wire["rest_token"])

    def fresh(self) -> "LocalUpstash":
        """The same server with a name that nobody uses yet."""
        return LocalUpstash(self.settings.model_copy(update={"database": f"cache-{uuid.uuid4().hex[:12]}"}))


@contextmanager
def local_upstash(folder: Path) -> Iterator[LocalUpstash]:
    """Runs until the block ends; every Valkey dies with this process."""
    api, rest = free_address(), free_address()
    with hosted(lambda: Upstash(folder, api, rest)) as url:
        yield LocalUpstash(
            UpstashSettings(
                api=f"{url}/v2",
                email=UPSTASH.email,
                database="cache",
                plan="fixed_250mb",
                region="us-east-1",
                rest=rest.url,
                tcp="redis://127.0.0.1",
            )
        )
