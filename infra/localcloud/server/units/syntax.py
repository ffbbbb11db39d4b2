"""The text of a unit file as assignments (systemd.syntax(7), systemd 252)."""

from dataclasses import dataclass

from infra.errors import UserError

WHITESPACE = " \t\n\r"
COMMENTS = ("#", ";")


class UnitError(UserError):
    """A unit file that cannot be honoured as it stands; `where` is `<file>:<line>`."""


@dataclass(frozen=True)
class Assignment:
    """`key=value` in a section; `where` is `<file>:<line>` of its first line."""

    section: str
    key: str
    value: str
    where: str


def parse(text: str, file: str) -> list[Assignment]:
    """All assignments in order, an empty value included. Raises UnitError for a line that is none.

    A backslash at a line's end joins the next line to it with a space; comments in between are left out.
    """
    section = ""
    found = []
    for number, line in _logical_lines(text):
        where = f"{file}:{number}"
        if line.startswith("["):
            if not line.endswith("]"):
                raise UnitError(where, f"`{line}` is no section", "close it with ]")
            section = line[1:-1]
            continue
        key, equals, value = line.partition("=")
        if not equals:
            raise UnitError(where, f"`{line}` is no assignment", "write it as Directive=value")
        if not section:
            raise UnitError(where, f"{key.strip()}= stands before any section", "put it below [Service]")
        found.append(Assignment(section, key.strip(WHITESPACE), value.strip(WHITESPACE), where))
    return found


def _logical_lines(text: str) -> list[tuple[int, str]]:
    """First physical line's number and the text, joined and stripped, without comments and empty lines."""
    lines: list[tuple[int, str]] = []
    begun: tuple[int, str] | None = None
    for number, physical in enumerate(text.split("\n"), 1):
        line = physical.rstrip("\r").lstrip(WHITESPACE)
        if line.startswith(COMMENTS):
            continue
        first, joined = (begun[0], begun[1] + line) if begun else (number, line)
        if (len(joined) - len(joined.rstrip("\\"))) % 2:
            begun = (first, f"{joined[:-1]} ")
        else:
            begun = None
            lines.append((first, joined.strip(WHITESPACE)))
    if begun:
        lines.append((begun[0], begun[1].strip(WHITESPACE)))
    return [(number, line) for number, line in lines if line]
