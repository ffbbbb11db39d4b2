"""The types of the values that go in and out, each with what a value must be, in words."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import Field, WithJsonSchema

from infra.routes.route import Input

_UUID7 = r"^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$"

Id = Annotated[str, Field(description="an id", pattern=_UUID7)]
Slug = Annotated[str, Field(description="1 to 64 characters of a-z, 0-9 and -", pattern=r"^[a-z0-9-]{1,64}$")]
Milliseconds = Annotated[int, Field(description="milliseconds since the epoch", ge=0)]

Title = Annotated[
    str,
    Field(
        description="text of 1 to 200 characters, not only spaces",
        min_length=1,
        max_length=200,
        pattern=r"[^ \t\r\n]",
    ),
]
Text = Annotated[str, Field(description="text of at most 50,000 characters", max_length=50_000)]
Remark = Annotated[
    str,
    Field(
        description="text of 1 to 5,000 characters, not only spaces",
        min_length=1,
        max_length=5_000,
        pattern=r"[^ \t\r\n]",
    ),
]
Name = Annotated[
    str,
    Field(
        description="text of 1 to 80 characters, not only spaces",
        min_length=1,
        max_length=80,
        pattern=r"[^ \t\r\n]",
    ),
]
Tag = Annotated[str, Field(pattern=r"^[^ ,\t\r\n]+$", max_length=40)]
Tags = Annotated[
    list[Tag],
    Field(description="a list of at most 10 words of at most 40 characters, without commas", max_length=10),
]
Email = Annotated[
    str,
    Field(
        description="an email address of at most 254 characters",
        max_length=254,
        pattern=r"^[^ \t\r\n@]{1,64}@[^ \t\r\n@.]+(\.[^ \t\r\n@.]+)+$",
    ),
]
Password = Annotated[str, Field(description="text of 10 to 256 characters", min_length=10, max_length=256)]
Credential = Annotated[str, Field(description="text of at most 1,000 characters", max_length=1_000)]
RoleName = Literal["viewer", "editor", "admin", "owner"]

Int64 = Annotated[
    int,
    WithJsonSchema(
        {
            "type": "string",
            "x-type": "int64",
            "description": "a whole number of 64 bits, as text",
            "pattern": r"^(0|-?[1-9][0-9]{0,18})$",
        }
    ),
]
"""Whole numbers beyond 2^53, which JSON's readers round: text in JSON."""
Blob = Annotated[
    bytes,
    WithJsonSchema(
        {
            "type": "string",
            "x-type": "blob",
            "description": "bytes in base64",
            "pattern": r"^([A-Za-z0-9+/]{4})*([A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$",
        }
    ),
]
Json = Annotated[Any, WithJsonSchema({"x-type": "json"})]
"""JSON of any shape, as the database made it; only in answers."""

PATH: Mapping[str, Any] = {
    "workspace": Slug,
    "note": Id,
    "comment": Id,
    "export": Id,
    "job": Id,
    "file": Id,
    "import": Id,
    "server": Slug,
    "user": Id,
    "invitation": Id,
}
"""The path's parameters have their type by their name, unless the route says otherwise."""

Limit = Annotated[int, Field(description="a whole number from 1 to 100", ge=1, le=100)]
Before = Annotated[str, Field(description="an id, as `next` gives it", pattern=_UUID7)]


class Page(Input):
    """A page of a list, the newest first."""

    before: Before | None = None
    limit: Limit = 20
