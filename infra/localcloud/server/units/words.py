"""systemd's quoting, specifiers and environment substitution (systemd.syntax(7), systemd.service(5), 252)."""

import re
from collections.abc import Iterator, Mapping

WHITESPACE = " \t\n\r"
_PLAIN = {"a": "\a", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v", "s": " "}
_PLAIN |= {"\\": "\\", '"': '"', "'": "'"}
_CODES = re.compile(r"x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|([0-7]{3})")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_ESCAPED_SEMICOLON = re.compile(r"(?<=\s)\\;(?=\s|$)")
_BRACED = re.compile(r"\$\$|\$\{([A-Za-z_][A-Za-z0-9_]*)\}")


def split(text: str) -> list[str]:
    r"""Words separated by white space, with quotes and C escapes resolved.

    `a "b c" d'e'\x41` -> `["a", "b c", "deA"]`. Raises ValueError for an open quote or an unknown escape.
    """
    return [word for word, _ in _words(text)]


def split_commands(text: str) -> list[list[str]]:
    r"""Words of each command; a `;` that stands alone separates commands, `\;` is a semicolon."""
    commands: list[list[str]] = [[]]
    for word, raw in _words(_ESCAPED_SEMICOLON.sub('"\\\\x3b"', text)):
        if raw == ";":
            commands.append([])
        else:
            commands[-1].append(word)
    return [command for command in commands if command]


def specified(text: str, specifiers: Mapping[str, str]) -> str:
    """`%h/app` with its specifiers resolved, `%%` a percent sign. Raises ValueError for an unknown one."""
    result = []
    characters = iter(text)
    for character in characters:
        if character != "%":
            result.append(character)
            continue
        letter = next(characters, "")
        if letter != "%" and letter not in specifiers:
            raise ValueError(f"the specifier %{letter} is unknown here")
        result.append("%" if letter == "%" else specifiers[letter])
    return "".join(result)


def substituted(words: list[str], environment: Mapping[str, str]) -> list[str]:
    """Words with `${NAME}` replaced in place, a word `$NAME` by the words of its value; `$$` is a `$`."""
    result: list[str] = []
    for word in words:
        if word.startswith("$") and _NAME.fullmatch(word[1:]):
            result += split(environment.get(word[1:], ""))
        else:
            result.append(_BRACED.sub(lambda match: _value(match, environment), word))
    return result


def _value(match: re.Match[str], environment: Mapping[str, str]) -> str:
    return "$" if match[1] is None else environment.get(match[1], "")


def _words(text: str) -> Iterator[tuple[str, str]]:
    """Each word as it is meant and as it was written."""
    position = 0
    while True:
        while position < len(text) and text[position] in WHITESPACE:
            position += 1
        if position == len(text):
            return
        start = position
        word, position = _word(text, position)
        yield word, text[start:position]


def _word(text: str, position: int) -> tuple[str, int]:
    word: list[str] = []
    quote = ""
    while position < len(text):
        character = text[position]
        if character == "\\":
            resolved, position = _escape(text, position + 1)
            word.append(resolved)
            continue
        if quote and character == quote:
            quote = ""
        elif quote or character not in "\"'" + WHITESPACE:
            word.append(character)
        elif character in WHITESPACE:
            break
        else:
            quote = character
        position += 1
    if quote:
        raise ValueError(f"a {quote} is not closed")
    return "".join(word), position


def _escape(text: str, position: int) -> tuple[str, int]:
    if position < len(text) and text[position] in _PLAIN:
        return _PLAIN[text[position]], position + 1
    match = _CODES.match(text, position)
    if match is None:
        raise ValueError(f"\\{text[position : position + 1]} is no escape")
    digits = match[1] or match[2] or match[3]
    code = int(digits, 16) if digits else int(match[4], 8)
    if code == 0:
        raise ValueError("a NUL cannot be in a word")
    return chr(code), match.end()
