"""What `make logs` shows of several logs."""

import os
from pathlib import Path

from infra.localcloud import show

DAEMON = """2026-11-26T01:00:01.000Z INFO first
2026-11-26T01:00:03.000Z ERROR third
Traceback of the third
"""
EDGE = """{"event":"request","id":"second"}
2026-11-26T01:00:02.000Z worker shoreline version 1: 1 console line(s) above, outcome ok
{"event":"request","id":"fourth"}
{"event":"refresh","id":"fourth"}
2026-11-26T01:00:04.000Z worker shoreline version 1: 2 console line(s) above, outcome ok
"""


def test_lines_of_all_logs_come_in_the_order_of_their_times(tmp_path: Path) -> None:
    for name, text in {"daemon": DAEMON, "edge": EDGE, "sqld": "without a time\n"}.items():
        write(tmp_path, name, text)
    os.utime(tmp_path / "logs" / "sqld.log", (1, 1_795_654_805))  # 01:00:05
    assert [line.partition("| ")[2][:40] for line in show.logs(tmp_path, [], follow=False)] == [
        "2026-11-26T01:00:01.000Z INFO first",
        '{"event":"request","id":"second"}',
        "2026-11-26T01:00:02.000Z worker shorelin",
        "2026-11-26T01:00:03.000Z ERROR third",
        "Traceback of the third",
        '{"event":"request","id":"fourth"}',
        '{"event":"refresh","id":"fourth"}',
        "2026-11-26T01:00:04.000Z worker shorelin",
        "without a time",
    ]


def test_the_last_lines_are_shown_whatever_log_they_are_in(tmp_path: Path) -> None:
    write(tmp_path, "daemon", DAEMON * show.LINES)
    write(tmp_path, "edge", EDGE)
    assert '{"event":"refresh","id":"fourth"}' in "".join(show.logs(tmp_path, [], follow=False))


def write(data: Path, name: str, text: str) -> None:
    (data / "logs").mkdir(exist_ok=True)
    (data / "logs" / f"{name}.log").write_text(text)
