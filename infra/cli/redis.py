"""The stack's Redis over REST, for what operators set and read there."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Self

import httpx

from infra.cli import engine
from infra.errors import UserError

Command = Sequence[str | int]

_SECONDS = 10


@dataclass(frozen=True)
class Redis:
    """`url` is where to connect, `host` the database's own name, `token` its REST token."""

    url: str
    host: str
    token: str

    @classmethod
    def of_stack(cls) -> Self:
        """That of the stack in use. Raises UserError."""
        outputs = json.loads(engine.read("stack", "output", "--json", "--show-secrets"))
        if "redis" not in outputs:
            raise UserError("The stack", "has no Redis yet", "Run `make up` (for another stack: pulumi up)")
        return cls(**outputs["redis"])

    def run(self, *commands: Command) -> list[Any]:
        """The commands' results: all of them are done, or none. Raises UserError."""
        try:
            answer = httpx.post(
                f"{self.url}/multi-exec",
                json=[list(command) for command in commands],
                headers={"host": self.host, "authorization": f"Bearer {self.token}"},
                timeout=_SECONDS,
                trust_env=False,
            )
            results = answer.json()
        except (httpx.HTTPError, ValueError) as error:
            raise self._failed(f"doesn't answer ({type(error).__name__})") from None
        if answer.status_code != httpx.codes.OK or any("error" in each for each in results):
            raise self._failed(f"refuses: {answer.text[:200]}")
        return [each["result"] for each in results]

    def _failed(self, what: str) -> UserError:
        return UserError(
            f"Redis at {self.url}", what, "See that it runs (`make status`); nothing was changed"
        )
