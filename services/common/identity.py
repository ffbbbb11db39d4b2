"""Who is asking, as the edge vouches for it in the header `shoreline-identity`."""

import json
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from services.common import base64url
from services.common.roles import Role


class Identity(BaseModel):
    """A signed-in person."""

    model_config = ConfigDict(frozen=True, extra="ignore", strict=True)

    user: Annotated[str, Field(min_length=1, max_length=64)]
    name: str
    session: str = ""
    """The id of the session that asks."""
    ws: dict[str, Role] = Field(default_factory=dict)
    """The person's role by workspace, as the access token had it."""
    more: bool = False
    """There are workspaces beside these."""

    @classmethod
    def from_header(cls, value: str) -> "Identity | None":
        """None without a header. Raises ValueError where it says nothing that makes sense."""
        if value == "":
            return None
        try:
            return cls.model_validate_json(base64url.decode(value))
        except ValidationError:
            raise ValueError("not an identity") from None

    def header(self) -> str:
        """The header's value: base64url of compact JSON, as the edge writes it."""
        claims: dict[str, object] = {
            "user": self.user,
            "name": self.name,
            "session": self.session,
            "ws": self.ws,
        }
        claims |= {"more": True} if self.more else {}
        return base64url.encode(json.dumps(claims, ensure_ascii=False, separators=(",", ":")).encode())
