"""What can be wrong with a stack's configuration, each with its place and its remedy."""

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic_core import ErrorDetails, PydanticCustomError

_PLACEHOLDER = re.compile(r"<[^<>]+>")


@dataclass(frozen=True)
class Mistake:
    """One wrong setting: where it stands, what is wrong, what to do."""

    where: str
    what: str
    remedy: str

    def __str__(self) -> str:
        return f"{self.where}: {self.what}. {self.remedy}."


class SettingsError(Exception):
    """Every mistake in the stack's configuration at once."""

    def __init__(self, mistakes: list[Mistake]) -> None:
        lines = "\n".join(f"  {mistake}" for mistake in mistakes)
        count = f"{len(mistakes)} mistake{'s' if len(mistakes) > 1 else ''}"
        super().__init__(f"the stack's configuration has {count}:\n{lines}")
        self.mistakes = mistakes


def refusal(what: str, remedy: str, where: str = "") -> PydanticCustomError:
    """An error for a validator to raise; `where` is a path below the validated value."""
    return PydanticCustomError("refusal", "{what}", {"what": what, "remedy": remedy, "where": where})


def in_secrets(names: Iterable[str], values: Mapping[str, str], secret: Collection[str]) -> list[Mistake]:
    """Secrets that are missing, or that stand in plain text."""
    mistakes = []
    for key in names:
        remedy = f"Run `pulumi config set --secret {key}`"
        if not values.get(key):
            mistakes.append(Mistake(key, "the secret is missing", remedy))
        elif key not in secret:
            mistakes.append(Mistake(key, "the secret is stored in plain text", f"{remedy} with a new value"))
    return mistakes


def in_names(known: Collection[str], values: Mapping[str, str]) -> list[Mistake]:
    """Settings that nothing reads. Pulumi's own (`pulumi:`) are not looked at."""
    return [
        Mistake(
            key, "there is no such setting", f"Remove it with `pulumi config rm {key}`, or correct its name"
        )
        for key in sorted(values)
        if key not in known and not key.startswith("pulumi:")
    ]


def in_placeholders(path: str, value: Any) -> list[Mistake]:
    """Values that still hold a template's `<placeholder>`."""
    if isinstance(value, dict):
        return [m for key, inner in value.items() for m in in_placeholders(f"{path}.{key}", inner)]
    if isinstance(value, list):
        return [m for index, inner in enumerate(value) for m in in_placeholders(f"{path}[{index}]", inner)]
    if isinstance(value, str) and (found := _PLACEHOLDER.search(value)):
        return [Mistake(path, f"still holds the placeholder {found.group()}", "Put your own value there")]
    return []


def in_model(project: str, error: ErrorDetails) -> Mistake:
    """One of pydantic's errors, in the words of the configuration file."""
    context = error.get("ctx", {})
    path = _setting_path(project, error["loc"], context.get("where", ""))
    assign = f"Set it with `pulumi config set --path '{path}' VALUE`"
    match error["type"]:
        case "refusal":
            return Mistake(path, context["what"], context["remedy"])
        case "missing":
            return Mistake(path, "the setting is missing", assign)
        case "extra_forbidden":
            return Mistake(path, "there is no such setting", "Remove it, or correct its name")
        case "string_pattern_mismatch":
            return Mistake(path, f"{error['input']!r} is not of the form {context['pattern']}", assign)
        case _:
            message = error["msg"]
            return Mistake(path, f"{message[0].lower()}{message[1:]}, and it is {error['input']!r}", assign)


def _setting_path(project: str, location: tuple[int | str, ...], below: str) -> str:
    path = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in location)
    if below:
        path = f"{path}.{below}"
    return f"{project}:{path.removeprefix('.')}"
