"""What the dynamic providers answer the engine: failures, what is gone, what differs."""

from typing import Any

from pulumi.dynamic import CheckFailure, CheckResult, ReadResult
from pulumi.runtime.rpc import UNKNOWN

Props = dict[str, Any]


def refused(news: Props, message: str) -> CheckResult:
    """The inputs with one failure; naming a property would make the engine print its whole value."""
    return CheckResult(news, [CheckFailure("", message)])


def gone() -> ReadResult:
    """Tells the engine to drop the resource from the state, so that the next `up` creates it again."""
    return ReadResult(None, {})


def changed(olds: Props, news: Props, *names: str) -> list[str]:
    """Which of these properties differ. One that is unknown, as at a preview, differs."""
    return [name for name in names if olds.get(name) != news.get(name)]


def known(news: Props, names: list[str]) -> list[str]:
    """Without those whose new value a preview cannot know: the update shows whether they replace."""
    return [name for name in names if news.get(name) != UNKNOWN]
