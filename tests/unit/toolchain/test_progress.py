"""Progress: whole lines in a log, one living line on a terminal."""

import io

import pytest

from infra.toolchain import progress
from infra.toolchain.progress import Progress


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_a_log_gets_a_line_for_start_and_end() -> None:
    log = io.StringIO()
    with Progress(log).step("npm packages"):
        pass
    assert log.getvalue() == "npm packages ...\nnpm packages: done in 0.0 s\n"


def test_a_failure_is_shown_as_such() -> None:
    log = io.StringIO()
    with pytest.raises(OSError, match="full"), Progress(log).step("npm packages"):
        raise OSError("full")
    assert "npm packages: failed after 0.0 s" in log.getvalue()


@pytest.mark.parametrize(
    ("stream", "shown"), [(io.StringIO(), "x ... 0 s\n"), (Terminal(), "\r\033[Kx ... 0 s")]
)
def test_a_long_step_says_that_it_goes_on(
    stream: io.StringIO, shown: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(progress, "TICK", 0.01)
    monkeypatch.setattr(progress, "LINE", 0.01)
    with Progress(stream).step("x"):
        while shown not in stream.getvalue():
            pass
    assert "done in" in stream.getvalue()
