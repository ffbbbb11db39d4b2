"""The services' settings: a frozen model of the environment for each; all mistakes are told at once."""

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, NoReturn, TypeVar
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
    """What every service is told. What else one gets to know, the model of its own says."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    redis_url: Annotated[str, AfterValidator(_redis_url), Field(repr=False)]
    server_name: Text
    release: Text


class DatabaseSettings(Settings):
    database_origin: Origin
    """Where to connect."""
    database_host: Text
    """What the Host header says."""
    database_token: Annotated[Text, Field(repr=False)]


class SignedSettings(Settings):
    """For who takes requests signed by the edge, and for the front, which signs in its place."""

    edge_keys: Keys
    # In the folder of the release, where its services run (services/host/layout.py).
    api_listen: Place = Listen(Path("run/api.sock"))
    realtime_listen: Place = Listen(Path("run/realtime.sock"))


class SessionSettings(SignedSettings):
    """For who answers people by the routes: the api, and the front before it."""

    session_keys: Keys
    public_url: Origin
    manifest_file: Path = Path(__file__).parent / "contract" / "manifest.json"
    """The routes, as the release has them."""


class FilesSettings(Settings):
    files_folder: Path = Field(default_factory=lambda: Path.home() / "shoreline" / "files")
    """Outside of releases, which come and go."""
    files_reserve_bytes: Annotated[int, Field(ge=0)] = 256 * MIB
    """What stays free on their disk."""


class ApiSettings(SessionSettings, DatabaseSettings, FilesSettings):
    most_requests: Annotated[int, Field(ge=1)] = 64
    """So many it answers at a time; more are told to come back."""
    files_quota_bytes: Annotated[int, Field(ge=0)] = 1024 * MIB
    """What all files of a workspace may hold."""


class RealtimeSettings(SignedSettings, DatabaseSettings):
    pass


class JobsSettings(DatabaseSettings, FilesSettings):
    public_url: Origin
    digest_schedule: Text = "* * * * *"
    """Crontab of the digest; seven fields begin with seconds."""
    takeover_seconds: Annotated[float, Field(ge=1)] = 10.0
    """After so long the jobs of a worker that was killed are taken over."""
    mail_host: Text | None = None
    """Without it, no email is sent."""
    mail_port: Port = 587
    mail_from: Annotated[str, Field(pattern=r"^[^@\s]+@[^@\s]+$")] | None = None
    mail_username: Text | None = None
    mail_password: Annotated[Text | None, Field(repr=False)] = None
    mail_schedule: Text = "0 6 * * *"
    """Crontab of the digest by email, in UTC."""
    heartbeat_file: Path = Path("run/jobs.heartbeat")
    """Touched by the service as long as it works."""

    @property
    def mail(self) -> Mail | None:
        if self.mail_host is None or self.mail_from is None:
            return None
        return Mail(self.mail_host, self.mail_port, self.mail_from, self.mail_username, self.mail_password)


class FrontSettings(SessionSettings):
    front_listen: Place = Listen(Path("run/front.sock"))
    pages_folder: Path = Path("pages")
    """The static assets, which it serves."""


SERVICES: Mapping[str, type[Settings]] = {
    "api": ApiSettings,
    "realtime": RealtimeSettings,
    "jobs": JobsSettings,
    "front": FrontSettings,
}


def variables(kind: type[Settings]) -> Mapping[str, str]:
    """The fields by the environment variables that set them."""
    return {name.upper(): name for name in kind.model_fields}


def environments(given: Mapping[str, str]) -> Mapping[str, Mapping[str, str]]:
    """The variables of each service: of those given, the ones it needs."""
    return {
        service: {name: given[name] for name in variables(kind) if name in given}
        for service, kind in SERVICES.items()
    }


S = TypeVar("S", bound=Settings)


class SettingsError(Exception):
    """What is wrong with the environment, one line a mistake; it never repeats a value."""


def load(kind: type[S], environment: Mapping[str, str]) -> S:
    """Raises SettingsError that names every mistake."""
    names = variables(kind)
    given = {names[name]: value for name, value in environment.items() if name in names}
    try:
        return kind.model_validate(given)
    except ValidationError as error:
        mistakes = [
            f"{str(each['loc'][0]).upper()}: {_words(each['type'], each['msg'])}" for each in error.errors()
        ]
        raise SettingsError("\n".join(mistakes)) from None


def _words(kind: str, message: str) -> str:
    if kind == "missing":
        return "is missing. Set it in the service's environment file in the release"
    return message.removeprefix("Value error, ")


def load_or_exit(kind: type[S]) -> S:
    """The settings of this process; ends it with status 2 and the mistakes on standard error."""
    try:
        return load(kind, os.environ)
    except SettingsError as error:
        exit_with(str(error))


def exit_with(message: str) -> NoReturn:
    """Ends the process with status 2 and the message on standard error."""
    sys.stderr.write(f"{message}\n")
    raise SystemExit(2)
