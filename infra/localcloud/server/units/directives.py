"""The table of directives: each is honoured, left to production with its reason, or refused by absence.

Source: systemd.unit, .service, .exec, .kill and .resource-control(5), systemd 252.
"""

import re
import resource
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, get_args

from infra.localcloud.server.units import environment, values, words
from infra.localcloud.server.units.unit import (
    Command,
    KillMode,
    NotifyAccess,
    OptionalPath,
    Output,
    Restart,
    Type,
)

Specifiers = Mapping[str, str]
Parse = Callable[[str, Specifiers], Any]
NAME_ESCAPED = re.compile(r"[\w:.@\\-]+\.[a-z]+")
STATUSES = {"DATAERR": 65, "NOINPUT": 66, "UNAVAILABLE": 69, "SOFTWARE": 70, "TEMPFAIL": 75, "CONFIG": 78}
"""Names of exit statuses (sysexits.h) that a unit may use."""


@dataclass(frozen=True)
class Directive:
    """`fold`: a later value replaces an earlier one, or is added to it. An empty value clears what may be."""

    field: str
    parse: Parse
    fold: Literal["set", "extend"] = "set"
    clearable: bool = True


def _plain(parse: Callable[[str], Any]) -> Parse:
    return lambda text, _: parse(text)


def _text(text: str, specifiers: Specifiers) -> str:
    return words.specified(text, specifiers)


def _choice(kind: Any) -> Parse:
    choices: tuple[str, ...] = get_args(kind)

    def parse(text: str, _: Specifiers) -> str:
        if text not in choices:
            raise ValueError(f"`{text}` is none of {', '.join(choices)}")
        return text

    return parse


def _names(text: str, specifiers: Specifiers) -> tuple[str, ...]:
    names = tuple(words.specified(word, specifiers) for word in words.split(text))
    for name in names:
        if not NAME_ESCAPED.fullmatch(name):
            raise ValueError(f"`{name}` is no unit name such as other.service")
    return names


def _default_target(text: str, specifiers: Specifiers) -> tuple[str, ...]:
    names = _names(text, specifiers)
    for name in names:
        if name != "default.target":
            raise ValueError(f"{name} is not started when a user's manager starts; only default.target is")
    return names


def _commands(text: str, specifiers: Specifiers) -> tuple[Command, ...]:
    return tuple(_command(each, specifiers) for each in words.split_commands(text))


def _command(found: list[str], specifiers: Specifiers) -> Command:
    match = re.match(r"[-@:+!|]*", found[0])
    prefixes = match[0] if match else ""
    for prefix in "+!|":
        if prefix in prefixes:
            raise ValueError(f"the prefix {prefix} of a command needs a system manager")
    expanded = [words.specified(word, specifiers) for word in [found[0][len(prefixes) :], *found[1:]]]
    program, arguments, name = expanded[0], expanded[1:], None
    if "@" in prefixes:
        if not arguments:
            raise ValueError("the prefix @ needs the program's own name as next word")
        name, arguments = arguments[0], arguments[1:]
    if not program:
        raise ValueError("the command has no program")
    if "/" in program and not program.startswith("/"):
        raise ValueError(f"`{program}` is neither an absolute path nor a plain name")
    return Command((program, *arguments), name, "-" in prefixes, ":" not in prefixes)


def _path(text: str, specifiers: Specifiers) -> OptionalPath:
    path = words.specified(text.removeprefix("-"), specifiers)
    if not path.startswith("/"):
        raise ValueError(f"`{path}` is not an absolute path; a user's home is %h")
    return OptionalPath(path, text.startswith("-"))


def _paths(text: str, specifiers: Specifiers) -> tuple[OptionalPath, ...]:
    return (_path(text, specifiers),)


def _working_directory(text: str, specifiers: Specifiers) -> OptionalPath:
    optional = "-" if text.startswith("-") else ""
    return _path(f"{optional}%h" if text.removeprefix("-") == "~" else text, specifiers)


def _assignments(text: str, specifiers: Specifiers) -> tuple[tuple[str, str], ...]:
    found = []
    for word in words.split(text):
        name, equals, value = words.specified(word, specifiers).partition("=")
        if not equals or not environment.NAME.fullmatch(name):
            raise ValueError(f"`{name}` is no NAME=value")
        found.append((name, value))
    return tuple(found)


def _words(text: str, specifiers: Specifiers) -> tuple[str, ...]:
    return tuple(words.specified(word, specifiers) for word in words.split(text))


def _folders(text: str, specifiers: Specifiers) -> tuple[str, ...]:
    found = _words(text, specifiers)
    for name in found:
        if name.startswith("/") or ".." in name.split("/") or ":" in name:
            raise ValueError(f"`{name}` is not a relative path without ..")
    return found


def _statuses(text: str, _: Specifiers) -> frozenset[int]:
    """Exit statuses as they are, signals as negative numbers."""
    found = set()
    for word in words.split(text):
        if word.isdigit():
            found.add(int(word))
        else:
            found.add(STATUSES[word] if word in STATUSES else -values.signal_of(word))
    return frozenset(found)


def _limit(name: str, parse: Callable[[str], tuple[float, float]]) -> Directive:
    number = getattr(resource, f"RLIMIT_{name}", None)

    def one(text: str, _: Specifiers) -> tuple[tuple[int, tuple[float, float]], ...]:
        if number is None:
            raise ValueError("this system has no such limit")
        return ((number, parse(text)),)

    return Directive("limits", one, "extend", clearable=False)


_UNIT = {
    "Description": Directive("description", _text),
    "Documentation": Directive("documentation", _words),
    "After": Directive("after", _names, "extend"),
    "Before": Directive("before", _names, "extend"),
    "Wants": Directive("wants", _names, "extend"),
    "Requires": Directive("requires", _names, "extend"),
    "StartLimitBurst": Directive("start_limit_burst", _plain(values.whole)),
    "StartLimitIntervalSec": Directive("start_limit_interval", _plain(values.seconds)),
}
_SERVICE = {
    "Type": Directive("type", _choice(Type)),
    **{
        f"Exec{name}": Directive(f"exec_{field}", _commands, "extend")
        for name, field in (
            ("StartPre", "start_pre"),
            ("Start", "start"),
            ("StartPost", "start_post"),
            ("Reload", "reload"),
            ("Stop", "stop"),
            ("StopPost", "stop_post"),
        )
    },
    "WorkingDirectory": Directive("working_directory", _working_directory),
    "Environment": Directive("environment", _assignments, "extend"),
    "EnvironmentFile": Directive("environment_files", _paths, "extend"),
    "UnsetEnvironment": Directive("unset_environment", _words, "extend"),
    "Restart": Directive("restart", _choice(Restart)),
    "RestartSec": Directive("restart_seconds", _plain(values.seconds)),
    "TimeoutStartSec": Directive("timeout_start", _plain(values.timeout)),
    "TimeoutStopSec": Directive("timeout_stop", _plain(values.timeout)),
    "TimeoutSec": Directive("timeout", _plain(values.timeout)),
    "WatchdogSec": Directive("watchdog", _plain(values.timeout)),
    "SuccessExitStatus": Directive("success_status", _statuses, "extend"),
    "RestartPreventExitStatus": Directive("restart_prevent_status", _statuses, "extend"),
    "RestartForceExitStatus": Directive("restart_force_status", _statuses, "extend"),
    "KillSignal": Directive("kill_signal", _plain(values.signal_of)),
    "KillMode": Directive("kill_mode", _choice(KillMode)),
    "SendSIGKILL": Directive("send_sigkill", _plain(values.boolean)),
    "RemainAfterExit": Directive("remain_after_exit", _plain(values.boolean)),
    "NotifyAccess": Directive("notify_access", _choice(NotifyAccess)),
    **{
        f"Limit{name}": _limit(name, values.limit)
        for name in ("NOFILE", "CORE", "FSIZE", "DATA", "STACK", "RSS", "NPROC", "AS", "MEMLOCK")
    },
    "LimitCPU": _limit("CPU", values.time_limit),
    "MemoryMax": Directive("memory_max", _plain(values.size)),
    "RuntimeDirectory": Directive("runtime_directory", _folders, "extend"),
    "RuntimeDirectoryMode": Directive("runtime_directory_mode", _plain(values.mode)),
    "RuntimeDirectoryPreserve": Directive(
        "runtime_directory_preserve", _choice(Literal["no", "restart", "yes"])
    ),
    "StateDirectory": Directive("state_directory", _folders, "extend"),
    "StateDirectoryMode": Directive("state_directory_mode", _plain(values.mode)),
    "CacheDirectory": Directive("cache_directory", _folders, "extend"),
    "CacheDirectoryMode": Directive("cache_directory_mode", _plain(values.mode)),
    "UMask": Directive("umask", _plain(values.mode)),
    "Nice": Directive("nice", _plain(values.niceness)),
    "StandardOutput": Directive("standard_output", _choice(Output)),
    "StandardError": Directive("standard_error", _choice(Output)),
}
_INSTALL = {
    "WantedBy": Directive("wanted_by", _default_target, "extend"),
    "RequiredBy": Directive("required_by", _default_target, "extend"),
}

HONOURED: Mapping[str, Mapping[str, Directive]] = {"Unit": _UNIT, "Service": _SERVICE, "Install": _INSTALL}

_SANDBOX = "it builds a sandbox out of kernel namespaces, which this machine may refuse without privileges"
_FILTER = "it installs a kernel filter of system calls, whose effect depends on the production kernel"
_GROUP = "it weighs or counts in a kernel control group, which this machine does not hand to the local cloud"
_JOURNAL = "it labels lines in the journal; here each unit has a log of its own"
_KILLER = "it advises the kernel's out-of-memory killer about the whole machine, which is the developer's"

PRODUCTION_ONLY: Mapping[str, str] = {
    **dict.fromkeys(
        (
            *("ProtectSystem", "ProtectHome", "ProtectProc", "ProcSubset", "ProtectHostname", "ProtectClock"),
            *("ProtectControlGroups", "ProtectKernelLogs", "ProtectKernelModules", "ProtectKernelTunables"),
            *("PrivateTmp", "PrivateDevices", "PrivateUsers", "PrivateMounts", "PrivateIPC"),
            *("ReadWritePaths", "ReadOnlyPaths", "InaccessiblePaths", "ExecPaths", "NoExecPaths"),
            *("RestrictNamespaces", "CapabilityBoundingSet", "AmbientCapabilities", "RemoveIPC"),
        ),
        _SANDBOX,
    ),
    **dict.fromkeys(
        (
            *("NoNewPrivileges", "SystemCallFilter", "SystemCallArchitectures", "SystemCallErrorNumber"),
            *("RestrictAddressFamilies", "RestrictRealtime", "RestrictSUIDSGID", "MemoryDenyWriteExecute"),
            *("LockPersonality", "KeyringMode"),
        ),
        _FILTER,
    ),
    **dict.fromkeys(
        (
            *("CPUQuota", "CPUWeight", "IOWeight", "MemoryHigh", "MemoryLow", "MemorySwapMax", "TasksMax"),
            *("CPUAccounting", "MemoryAccounting", "TasksAccounting", "IOAccounting", "Delegate"),
        ),
        _GROUP,
    ),
    **dict.fromkeys(("SyslogIdentifier", "LogRateLimitBurst", "LogRateLimitIntervalSec"), _JOURNAL),
    **dict.fromkeys(("OOMScoreAdjust", "OOMPolicy"), _KILLER),
}
"""[Service] directives for production hosts; the local supervisor lists them and leaves them out."""
