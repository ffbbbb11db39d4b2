"""The format of EnvironmentFile=, as systemd's own parser reads it (systemd 252, basic/env-file.c)."""

import re
from collections.abc import Callable  # noqa: TC003 - annotates an attribute

NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_WHITESPACE = " \t\n\r"
_ESCAPED_IN_DOUBLE_QUOTES = '"\\`$'


def parse(text: str) -> tuple[dict[str, str], list[str]]:
    r"""Variables, and the names that are none and are left out.

    `A=x y`, `A="x \" y"`, `A='x $y'`, a backslash before any character of an unquoted value, lines joined
    by a backslash at the end; `#` and `;` begin comment lines. Nothing is substituted.
    """
    reader = _Reader()
    for character in text:
        reader.feed(character)
    reader.end()
    good = {name: value for name, value in reader.found if NAME.fullmatch(name)}
    return good, [name for name, _ in reader.found if not NAME.fullmatch(name)]


class _Reader:
    """One method a state; a state's method takes a character and sets the next state."""

    def __init__(self) -> None:
        self.found: list[tuple[str, str]] = []
        self._key: list[str] = []
        self._value: list[str] = []
        self._kept = 0
        """So many characters of the value are no unquoted white space at its end."""
        self._state: Callable[[str], None] = self._before_key

    def feed(self, character: str) -> None:
        self._state(character)

    def end(self) -> None:
        if self._state not in (self._before_key, self._in_key, self._in_comment, self._escape_in_comment):
            self._emit()

    def _emit(self) -> None:
        self.found.append(("".join(self._key).strip(_WHITESPACE), "".join(self._value[: self._kept])))
        self._key, self._value, self._kept = [], [], 0
        self._state = self._before_key

    def _take(self, character: str) -> None:
        self._value.append(character)
        self._kept = len(self._value)

    def _before_key(self, character: str) -> None:
        if character in "#;":
            self._state = self._in_comment
        elif character not in _WHITESPACE:
            self._key = [character]
            self._state = self._in_key

    def _in_key(self, character: str) -> None:
        if character in "\n\r":
            self._key = []
            self._state = self._before_key
        elif character == "=":
            self._state = self._before_value
        else:
            self._key.append(character)

    def _before_value(self, character: str) -> None:
        if character in "\n\r":
            self._emit()
        elif character == "'":
            self._state = self._single
        elif character == '"':
            self._state = self._double
        elif character == "\\":
            self._state = self._escape
        elif character not in _WHITESPACE:
            self._take(character)
            self._state = self._plain

    def _plain(self, character: str) -> None:
        if character in "\n\r":
            self._emit()
        elif character == "\\":
            self._state = self._escape
        elif character in _WHITESPACE:
            self._value.append(character)
        else:
            self._take(character)

    def _escape(self, character: str) -> None:
        self._state = self._plain
        if character not in "\n\r":
            self._take(character)

    def _single(self, character: str) -> None:
        if character == "'":
            self._state = self._before_value
        else:
            self._take(character)

    def _double(self, character: str) -> None:
        if character == '"':
            self._state = self._before_value
        elif character == "\\":
            self._state = self._escape_in_double
        else:
            self._take(character)

    def _escape_in_double(self, character: str) -> None:
        self._state = self._double
        if character in _ESCAPED_IN_DOUBLE_QUOTES:
            self._take(character)
        elif character != "\n":
            self._take("\\")
            self._take(character)

    def _in_comment(self, character: str) -> None:
        if character == "\\":
            self._state = self._escape_in_comment
        elif character in "\n\r":
            self._state = self._before_key

    def _escape_in_comment(self, _: str) -> None:
        self._state = self._in_comment
