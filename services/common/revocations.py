"""What has ended before its time: the api tells it on Redis, the realtime services close the sockets."""

from typing import Literal

from pydantic import BaseModel, ConfigDict

CHANNEL = "shoreline:revocations"


class Revocation(BaseModel):
    """Of a `session`; of all of a `user`'s sessions `but` one; of a `user`'s membership of a `workspace`."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    kind: Literal["session", "user", "membership"]
    session: str | None = None
    user: str | None = None
    but: str | None = None
    workspace: str | None = None
