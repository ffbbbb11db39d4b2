"""Values of directives: time spans, sizes, signals, booleans, modes (systemd.time(7), systemd 252)."""

import math
import re
import signal

import psutil

_SECOND_UNITS = (
    (("us", "usec", "µs", "μs"), 1e-6),
    (("ms", "msec"), 1e-3),
    (("", "s", "sec", "second", "seconds"), 1.0),
    (("m", "min", "minute", "minutes"), 60.0),
    (("h", "hr", "hour", "hours"), 3600.0),
    (("d", "day", "days"), 86400.0),
    (("w", "week", "weeks"), 604800.0),
    (("M", "month", "months"), 2629800.0),
    (("y", "year", "years"), 31557600.0),
)
SECONDS = {name: factor for names, factor in _SECOND_UNITS for name in names}
_SPAN = re.compile(r"(\d+(?:\.\d+)?)\s*([A-Za-zµμ]*)\s*")
_SIZE = re.compile(r"(\d+(?:\.\d+)?)\s*([KMGTPE]?)B?")
_TRUE = frozenset(("1", "yes", "y", "true", "t", "on"))
_FALSE = frozenset(("0", "no", "n", "false", "f", "off"))


def seconds(text: str) -> float:
    """`90`, `1min 30s`, `250ms`, `infinity` -> seconds."""
    if text == "infinity":
        return math.inf
    total, position = 0.0, 0
    while position < len(text):
        match = _SPAN.match(text, position)
        if match is None or match[2] not in SECONDS:
            raise ValueError(f"`{text}` is no time span such as 5s or 1min 30s")
        total += float(match[1]) * SECONDS[match[2]]
        position = match.end()
    if not text:
        raise ValueError("a time span such as 5s is missing")
    return total


def timeout(text: str) -> float:
    """As `seconds`, but 0 is no timeout."""
    return seconds(text) or math.inf


def boolean(text: str) -> bool:
    if text.lower() not in _TRUE | _FALSE:
        raise ValueError(f"`{text}` is neither yes nor no")
    return text.lower() in _TRUE


def whole(text: str) -> int:
    if not re.fullmatch(r"\d+", text):
        raise ValueError(f"`{text}` is no whole number")
    return int(text)


def niceness(text: str) -> int:
    if not re.fullmatch(r"[+-]?\d+", text) or not -20 <= int(text) <= 19:
        raise ValueError(f"`{text}` is not between -20 and 19")
    return int(text)


def mode(text: str) -> int:
    if not re.fullmatch(r"[0-7]{1,4}", text):
        raise ValueError(f"`{text}` is no octal mode such as 0700")
    return int(text, 8)


def size(text: str) -> float:
    """`512M`, `1.5G`, `10%` of the machine's memory, `infinity` -> bytes."""
    if text == "infinity":
        return math.inf
    if re.fullmatch(r"\d+(\.\d+)?%", text):
        return psutil.virtual_memory().total * float(text[:-1]) / 100
    match = _SIZE.fullmatch(text)
    if match is None:
        raise ValueError(f"`{text}` is no size such as 512M")
    factor = 1024.0 ** (" KMGTPE".index(match[2]) if match[2] else 0)
    return float(match[1]) * factor


def signal_of(text: str) -> signal.Signals:
    name = text.upper() if text.upper().startswith("SIG") else f"SIG{text.upper()}"
    try:
        return signal.Signals(int(text)) if text.isdigit() else signal.Signals[name]
    except (KeyError, ValueError):
        raise ValueError(f"`{text}` is no signal") from None


def limit(text: str) -> tuple[float, float]:
    """`1024`, `1024:4096`, `1G`, `infinity` -> soft and hard limit."""
    soft, colon, hard = text.partition(":")
    return size(soft), size(hard if colon else soft)


def time_limit(text: str) -> tuple[float, float]:
    """As `limit`, in seconds."""
    soft, colon, hard = text.partition(":")
    return seconds(soft), seconds(hard if colon else soft)
