"""Unit files as systemd reads them: syntax, quoting, specifiers, environment files, directives."""

import math
import signal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from infra.localcloud.server.units import environment, values, words
from infra.localcloud.server.units.directives import HONOURED, PRODUCTION_ONLY
from infra.localcloud.server.units.load import UnitNotFoundError, load
from infra.localcloud.server.units.syntax import UnitError, parse
from infra.localcloud.server.units.unit import Command, Unit
from tests.support import systemd
from tests.support.machine import needs

HOST = {"h": "/home/me", "t": "/run/user/1", "u": "me"}


def unit(folder: Path, service: str, name: str = "a.service", rest: str = "") -> Unit:
    (folder / name).write_text(f"{rest}\n[Service]\n{service}\n")
    return load(folder, name, HOST)


def test_comments_continuations_and_repeated_sections() -> None:
    text = "# c\n[Service]\n ExecStart = /bin/a \\\n  # between\n;also\n   b\\\\\n"
    text += "[Unit]\nAfter=x.service\n[Service]\nNice=1"
    found = [(each.section, each.key, each.value, each.where) for each in parse(text, "f")]
    assert found == [
        ("Service", "ExecStart", "/bin/a  b\\\\", "f:3"),
        ("Unit", "After", "x.service", "f:8"),
        ("Service", "Nice", "1", "f:10"),
    ]


@pytest.mark.parametrize("text", ["[Service", "[Service]\nnonsense", "Nice=1"])
def test_lines_that_are_none_are_refused_with_their_number(text: str) -> None:
    with pytest.raises(UnitError, match=r"^f:\d: "):
        parse(text, "f")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a  b\tc", ["a", "b", "c"]),
        ("'a b' \"c d\"", ["a b", "c d"]),
        ("a'b c'd", ["ab cd"]),
        (r"a\x20b \u00e9 \\ \s \"", ["a b", "é", "\\", " ", '"']),
        ('"" x', ["", "x"]),
    ],
)
def test_words(text: str, expected: list[str]) -> None:
    assert words.split(text) == expected


@pytest.mark.parametrize("text", ["'open", '"open', r"\q", r"\x0"])
def test_words_that_systemd_rejects(text: str) -> None:
    with pytest.raises(ValueError, match=r"closed|escape"):
        words.split(text)


def test_environment_substitution() -> None:
    variables = {"ONE": "a b", "TWO": "x"}
    given = ["$ONE", "${ONE}", "pre${TWO}post", "pre$TWO", "$$TWO", "$NONE", "${NONE}"]
    assert words.substituted(given, variables) == ["a", "b", "a b", "prexpost", "pre$TWO", "$TWO", ""]


def test_specifiers_and_their_refusal(tmp_path: Path) -> None:
    found = unit(tmp_path, "ExecStart=%h/bin/%p-%i %% %n\nRuntimeDirectory=%N", "w@2.service")
    assert found.exec_start == (Command(("/home/me/bin/w-2", "%", "w@2.service")),)
    assert found.runtime_directory == ("w@2",)
    with pytest.raises(UnitError, match="specifier %z is unknown"):
        unit(tmp_path, "ExecStart=/bin/%z")


def test_templates_and_drop_ins(tmp_path: Path) -> None:
    (tmp_path / "w@.service").write_text("[Service]\nExecStart=/bin/a %i\nNice=1\nEnvironment=A=1")
    (tmp_path / "w@.service.d").mkdir()
    (tmp_path / "w@.service.d" / "10.conf").write_text(
        "[Service]\nExecStart=\nExecStart=/bin/b %i\nEnvironment=B=2"
    )
    found = load(tmp_path, "w@x.service", HOST)
    assert found.exec_start == (Command(("/bin/b", "x")),)
    assert found.environment == (("A", "1"), ("B", "2"))
    with pytest.raises(UnitNotFoundError):
        load(tmp_path, "w@.service", HOST)


def test_commands_prefixes_and_semicolons(tmp_path: Path) -> None:
    found = unit(tmp_path, "Type=oneshot\nExecStart=-/bin/a x ; :/bin/b \\; $Y\nExecStart=@/bin/c own z")
    assert found.exec_start == (
        Command(("/bin/a", "x"), tolerated=True),
        Command(("/bin/b", ";", "$Y"), substitute=False),
        Command(("/bin/c", "z"), name="own"),
    )
    with pytest.raises(UnitError, match="needs a system manager"):
        unit(tmp_path, "ExecStart=+/bin/a")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("A=b c  \nB='x # y'", {"A": "b c", "B": "x # y"}),
        ("A=\"x \\\" \\$ \\n\" \nB='it'\"'\"'s'", {"A": 'x " $ \\n', "B": "it's"}),
        ("A=one\\\ntwo\n# comment\n;c\n B = b", {"A": "onetwo", "B": "b"}),
        ("A=\nB=a\\ b\\\\\nC=$HOME%h", {"A": "", "B": "a b\\", "C": "$HOME%h"}),
        ('A="line\nline"', {"A": "line\nline"}),
    ],
)
def test_environment_files(text: str, expected: dict[str, str]) -> None:
    assert environment.parse(text) == (expected, [])


def test_names_that_are_no_variables_are_told() -> None:
    assert environment.parse("2A=x\nA-B=y\nC=z\nnothing") == ({"C": "z"}, ["2A", "A-B"])


@given(
    st.dictionaries(
        st.from_regex(r"[A-Z_][A-Z0-9_]{0,8}", fullmatch=True), st.text(st.characters(codec="utf-8"))
    )
)
def test_any_value_survives_double_quotes(variables: dict[str, str]) -> None:
    def quoted(value: str) -> str:
        return "".join(f"\\{each}" if each in '"\\`$' else each for each in value)

    text = "".join(f'{name}="{quoted(value)}"\n' for name, value in variables.items())
    assert environment.parse(text) == (variables, [])


@pytest.mark.parametrize(
    ("text", "expected"),
    [("5", 5.0), ("1min 30s", 90.0), ("250ms", 0.25), ("2h", 7200.0), ("infinity", math.inf), ("1.5s", 1.5)],
)
def test_time_spans(text: str, expected: float) -> None:
    assert values.seconds(text) == expected


def test_everything_that_is_honoured_has_a_place(tmp_path: Path) -> None:
    text = """
        Type=notify
        ExecStart=/bin/a
        WorkingDirectory=-%h/x
        EnvironmentFile=-/e
        Restart=on-failure
        RestartSec=2
        TimeoutSec=7
        KillSignal=INT
        KillMode=mixed
        SuccessExitStatus=3 TEMPFAIL SIGKILL
        LimitNOFILE=10:20
        MemoryMax=1.5G
        UMask=0077
        Nice=-5
    """
    found = unit(
        tmp_path, text, rest="[Unit]\nStartLimitBurst=3\nStartLimitIntervalSec=1min\nRequires=b.service"
    )
    assert found.working_directory is not None
    assert found.working_directory.optional
    assert (found.timeout_start, found.timeout_stop) == (7, 7)
    assert found.kill_signal is signal.SIGINT
    assert found.success_status == {3, 75, -signal.SIGKILL}
    assert [soft_and_hard for _, soft_and_hard in found.limits] == [(10, 20)]
    assert found.memory_max == 1.5 * 1024**3
    assert (found.umask, found.nice, found.start_limit_interval) == (0o77, -5, 60)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("User=root", "User= in [Service] is not honoured by the local server's supervisor"),
        ("ExecStrat=/bin/a", "or write ExecStart="),
        ("StartLimitBurst=3", "StartLimitBurst= does not belong in [Service]. move it to [Unit]"),
        ("Type=forking", "`forking` is none of simple, exec, notify, oneshot"),
        ("ExecStart=bin/a", "neither an absolute path nor a plain name"),
        ("TimeoutStopSec=soon", "no time span"),
        ("KillMode=none", "`none` is none of"),
    ],
)
def test_a_refusal_names_the_line_the_directive_and_the_remedy(tmp_path: Path, text: str, says: str) -> None:
    with pytest.raises(UnitError) as refusal:
        unit(tmp_path, f"ExecStart=/bin/a\n{text}")
    assert says in str(refusal.value)
    assert f"{tmp_path}/a.service:4: " in str(refusal.value)


def test_a_unit_that_no_boot_would_start_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UnitError, match=r"only default\.target is"):
        unit(tmp_path, "ExecStart=/bin/a\n[Install]\nWantedBy=multi-user.target")


def test_what_is_left_to_production_is_listed_with_its_reason(tmp_path: Path) -> None:
    found = unit(tmp_path, "ExecStart=/bin/a\nProtectSystem=strict\nNoNewPrivileges=yes")
    assert [each.key for each in found.not_honoured] == ["ProtectSystem", "NoNewPrivileges"]
    assert all(each.reason for each in found.not_honoured)


def test_the_tables_do_not_overlap_and_give_reasons() -> None:
    assert not HONOURED["Service"].keys() & PRODUCTION_ONLY.keys()
    assert all(len(reason) > 20 for reason in PRODUCTION_ONLY.values())


RICH = """
[Unit]
Description=All that is honoured and some that is not
After=network.target
StartLimitBurst=3
StartLimitIntervalSec=1min

[Service]
Type=notify
ExecStartPre=-%h/bin/app "a b" 'c' \\
  # between
  d\\x20e
ExecStart=:%h/bin/app %p $NOT ${ME}
ExecReload=/bin/sh -c 'kill -HUP $MAINPID'
WorkingDirectory=~
Environment=A=1 "B=2 3"
EnvironmentFile=-%h/e
Restart=on-failure
RestartSec=250ms
TimeoutStopSec=1min 30s
WatchdogSec=30
KillMode=mixed
SuccessExitStatus=3 SIGUSR1 TEMPFAIL
LimitNOFILE=1024:4096
MemoryMax=1.5G
RuntimeDirectory=app
StateDirectory=app/inner
UMask=0077
Nice=5
ProtectSystem=strict
NoNewPrivileges=yes

[Install]
WantedBy=default.target
"""


@needs("systemd-analyze")
@pytest.mark.parametrize(
    "spoil", ["", "[Service]\nExecStrat=/bin/a\n", "[Service]\nRestart=sometimes\n", "[Service\n"]
)
def test_systemd_agrees_on_what_is_right_and_what_is_wrong(tmp_path: Path, spoil: str) -> None:
    (tmp_path / "app.service").write_text(RICH + spoil)
    home = tmp_path / "home"
    folder = systemd.stage(home, [tmp_path / "app.service"], ["bin/app"])
    said = systemd.verify(home, ["app.service"])
    assert bool(said) == bool(spoil), said
    if spoil:
        with pytest.raises(UnitError):
            load(folder, "app.service", {**HOST, "h": str(home)})
    else:
        assert load(folder, "app.service", {**HOST, "h": str(home)}).restart == "on-failure"
