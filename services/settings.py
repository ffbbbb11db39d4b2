"""The services' settings: one frozen model over the environment; all mistakes are told at once."""

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, NoReturn
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from services.common import base64url
from services.common.listening import Listen

KEY_BYTES = 32
MIB = 1024 * 1024


def _keys(value: str) -> tuple[bytes, ...]:
    try:
        keys = tuple(base64url.decode(each) for each in value.split(","))
    except ValueError:
        keys = ()
    if not keys or any(len(key) != KEY_BYTES for key in keys):
        raise ValueError(f"must be base64url of {KEY_BYTES} bytes each, with commas between")
    return keys


def _origin(value: str) -> str:
    url = urlsplit(value)
    if url.scheme not in ("http", "https") or not url.hostname or url.path.strip("/") or url.query:
        raise ValueError("must be http(s)://host[:port] without a path")
    return value.rstrip("/")


def _listen(value: Any) -> Any:
    return Listen.parse(value) if isinstance(value, str) else value


def _redis_url(value: str) -> str:
    if urlsplit(value).scheme not in ("redis", "rediss"):
        raise ValueError("must be redis://... or rediss://...")
    return value


Origin = Annotated[str, AfterValidator(_origin)]
Keys = Annotated[tuple[bytes, ...], BeforeValidator(_keys), Field(repr=False)]
"""The first one signs, every one verifies: so one takes over from another without a gap."""
Port = Annotated[int, Field(ge=0, le=65_535)]
Place = Annotated[Listen, BeforeValidator(_listen)]
Text = Annotated[str, Field(min_length=1)]


@dataclass(frozen=True)
class Mail:
    """The server that takes email: TLS from the start on port 465, else STARTTLS, but on this very host."""

    host: str
    port: int
    sender: str
    username: str | None
    password: str | None = field(repr=False)

    @property
    def is_loopback(self) -> bool:
        return self.host in ("127.0.0.1", "localhost", "::1")


class Settings(BaseModel):
    """Where the services find the other tiers, and what they share with the edge."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    database_origin: Origin
    """Where to connect."""
    database_host: Text
    """What the Host header says."""
    database_token: Annotated[Text, Field(repr=False)]
    redis_url: Annotated[str, AfterValidator(_redis_url), Field(repr=False)]
    edge_keys: Keys
    session_keys: Keys
    public_url: Origin
    server_name: Text
    release: Text
    manifest_file: Path = Path(__file__).parent / "contract" / "manifest.json"
    """The routes, as the release has them."""
    most_requests: Annotated[int, Field(ge=1)] = 64
    """So many the api answers at a time; more are told to come back."""
    digest_schedule: Text = "* * * * *"
    """Crontab of the digest; seven fields begin with seconds."""
    takeover_seconds: Annotated[float, Field(ge=1)] = 10.0
    """After so long the jobs of a worker that was killed are taken over."""
    files_folder: Path = Field(default_factory=lambda: Path.home() / "shoreline" / "files")
    """Outside of releases, which come and go."""
    files_reserve_bytes: Annotated[int, Field(ge=0)] = 256 * MIB
    """What stays free on their disk."""
    files_quota_bytes: Annotated[int, Field(ge=0)] = 1024 * MIB
    """What all files of a workspace may hold."""
    mail_host: Text | None = None
    """Without it, no email is sent."""
    mail_port: Port = 587
    mail_from: Annotated[str, Field(pattern=r"^[^@\s]+@[^@\s]+$")] | None = None
    mail_username: Text | None = None
    mail_password: Annotated[Text | None, Field(repr=False)] = None
    mail_schedule: Text = "0 6 * * *"
    """Crontab of the digest by email, in UTC."""
    # In the folder of the release, where its services run (services/host/layout.py).
    api_listen: Place = Listen(Path("run/api.sock"))
    realtime_listen: Place = Listen(Path("run/realtime.sock"))
    front_listen: Place = Listen(Path("run/front.sock"))
    pages_folder: Path = Path("pages")
    """The static assets, which the front serves."""
    heartbeat_file: Path = Path("run/jobs.heartbeat")
    """Touched by the jobs service as long as it works."""

    @property
    def mail(self) -> Mail | None:
        if self.mail_host is None or self.mail_from is None:
            return None
        return Mail(self.mail_host, self.mail_port, self.mail_from, self.mail_username, self.mail_password)


class SettingsError(Exception):
    """What is wrong with the environment, one line a mistake; it never repeats a value."""


def load(environment: Mapping[str, str]) -> Settings:
    """Raises SettingsError that names every mistake."""
    names = {name.upper(): name for name in Settings.model_fields}
    given = {names[name]: value for name, value in environment.items() if name in names}
    try:
        return Settings.model_validate(given)
    except ValidationError as error:
        mistakes = [
            f"{str(each['loc'][0]).upper()}: {_words(each['type'], each['msg'])}" for each in error.errors()
        ]
        raise SettingsError("\n".join(mistakes)) from None


def _words(kind: str, message: str) -> str:
    if kind == "missing":
        return "is missing. Set it in the environment file of the release"
    return message.removeprefix("Value error, ")


def load_or_exit() -> Settings:
    """The settings of this process; ends it with status 2 and the mistakes on standard error."""
    try:
        return load(os.environ)
    except SettingsError as error:
        exit_with(str(error))


def exit_with(message: str) -> NoReturn:
    """Ends the process with status 2 and the message on standard error."""
    sys.stderr.write(f"{message}\n")
    raise SystemExit(2)
