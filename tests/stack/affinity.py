"""Visitors of a stack whose two versions answer: each stays with one, a growing share takes nobody back."""

import re
import uuid
from collections import Counter
from dataclasses import dataclass

import httpx

from infra.delivery.gate import OVERRIDE
from tests.stack.test_killed import vendor
from tests.support.clone import Clone
from tests.support.people import web_socket

KEY = "cloudflare-workers-version-key"
VISITORS = 60
STYLE = re.compile(r'href="(/assets/style-[0-9a-f]{16}\.css)"')


@dataclass(frozen=True)
class Guest:
    """Somebody who has been shown the page, and the version that has shown it."""

    cookie: str
    version: str

    @classmethod
    def of(cls, url: str) -> "Guest":
        page = httpx.get(url).raise_for_status()
        return cls(f"visitor={page.cookies['visitor']}", page.headers["x-release"])

    def ask(self, client: httpx.Client, path: str = "/") -> str:
        """The version that answers, whatever version the client asks for with a key of its own."""
        headers = {"cookie": self.cookie, KEY: str(uuid.uuid4())}
        return str(client.get(path, headers=headers).raise_for_status().headers["x-release"])

    def connect(self, url: str, session: str) -> str:
        """The version that a WebSocket goes through."""
        with web_socket(url, f"session={session}; {self.cookie}") as socket:
            assert socket.response is not None
            return str(socket.response.headers["x-release"])


def assert_guests_stay(clone: Clone, old: str, new: str, session: str) -> None:
    """Of a stack whose new version has 30 %; leaves it with 60 %."""
    guests = [Guest.of(clone.url) for _ in range(VISITORS)]
    shared = Counter(guest.version for guest in guests)
    assert set(shared) == {old, new} and 5 <= shared[new] <= 35
    with httpx.Client(base_url=clone.url, trust_env=False) as client:
        for guest in guests:
            assert {guest.ask(client, path) for path in ("/", "/assets/app.js")} == {guest.version}
        for version in (old, new):
            guest = next(each for each in guests if each.version == version)
            assert {guest.ask(client, "/api/notes") for _ in range(5)} == {version}
            assert {guest.connect(clone.url, session) for _ in range(3)} == {version}
        deploy(clone, {old: 40, new: 60})
        grown = {guest.cookie: guest.ask(client) for guest in guests}
    assert all(grown[guest.cookie] == new for guest in guests if guest.version == new)
    assert Counter(grown.values())[new] > shared[new]


def assert_serves_the_others_styles(clone: Clone, version: str, other: str) -> None:
    """A page of the other version finds its style sheet here too, where nobody keeps it under that name."""
    worker = clone.setting("shoreline:edge")["name"]
    with httpx.Client(base_url=clone.url, trust_env=False) as client:

        def asked(path: str, of: str) -> httpx.Response:
            return client.get(path, headers={OVERRIDE: f'{worker}="{of}"'}).raise_for_status()

        own, others = (STYLE.findall(asked("/", each).text)[0] for each in (version, other))
        kept, not_kept = asked(own, version), asked(others, version)
    assert own != others and kept.content == not_kept.content
    assert kept.headers["x-release"] == not_kept.headers["x-release"] == version
    assert "immutable" in kept.headers["cache-control"] and not_kept.headers["cache-control"] == "no-cache"


def deploy(clone: Clone, shares: dict[str, int]) -> None:
    """Gives each version its share, as an `up` with another percentage does."""
    account = clone.setting("shoreline:cloudflare")["accountId"]
    path = f"/accounts/{account}/workers/scripts/{clone.setting('shoreline:edge')['name']}/deployments"
    versions = [{"version_id": version, "percentage": share} for version, share in shares.items()]
    with vendor(clone, clone.setting("cloudflare:baseUrl"), "cloudflare:apiToken") as cloudflare:
        deployment = {"strategy": "percentage", "versions": versions}
        cloudflare.post(path, json=deployment).raise_for_status()
