"""Unit files of a folder to units: drop-ins and templates resolved, the table of directives applied."""

import dataclasses
import difflib
import re
from pathlib import Path
from typing import Any

from infra.localcloud.server.units.directives import HONOURED, PRODUCTION_ONLY, Directive, Specifiers
from infra.localcloud.server.units.syntax import Assignment, UnitError, parse
from infra.localcloud.server.units.unit import NotHonoured, Unit

NAME = re.compile(r"(?P<prefix>[A-Za-z0-9:_.\\-]+)(@(?P<instance>[A-Za-z0-9:_.\\-]*))?\.service")
_FIELDS = {field.name for field in dataclasses.fields(Unit)}


class UnitNotFoundError(Exception):
    """There is no file for this unit; the message is its name."""


def load(folder: Path, name: str, host: Specifiers) -> Unit:
    """The unit `name` from its file in `folder`; `host` are the specifiers that don't depend on the unit.

    Raises UnitNotFoundError, or UnitError for the first directive that cannot be honoured.
    """
    files = _files(folder, name)
    specifiers = {**host, **_specifiers(name, files[0])}
    reader = _Reader(name, specifiers)
    for file in files:
        for assignment in parse(file.read_text("utf-8"), str(file)):
            reader.take(assignment)
    return reader.unit(tuple(files))


def matches(name: str) -> bool:
    """True for a name that can be a service's: `api.service`, `worker@2.service`."""
    return NAME.fullmatch(name) is not None


def _files(folder: Path, name: str) -> list[Path]:
    match = NAME.fullmatch(name)
    if match is None or match["instance"] == "":
        raise UnitNotFoundError(name)
    template = f"{match['prefix']}@.service" if match["instance"] else name
    own, common = folder / name, folder / template
    main = own if own.is_file() else common
    if not main.is_file():
        raise UnitNotFoundError(name)
    folders = (folder / f"{each}.d" for each in (template, name))
    drop_ins = {file.name: file for each in folders for file in each.glob("*.conf")}
    return [main, *(drop_ins[each] for each in sorted(drop_ins))]


def _specifiers(name: str, file: Path) -> Specifiers:
    match = NAME.fullmatch(name)
    assert match is not None
    prefix, instance = match["prefix"], match["instance"] or ""
    last = prefix.rpartition("-")[2]
    return {
        "n": name,
        "N": name.removesuffix(".service"),
        "p": prefix,
        "P": _unescaped(prefix),
        "j": last,
        "J": _unescaped(last),
        "i": instance,
        "I": _unescaped(instance),
        "f": f"/{_unescaped(instance or prefix)}",
        "y": str(file),
        "Y": str(file.parent),
    }


def _unescaped(text: str) -> str:
    r"""`a-b\x2dc` -> `a/b-c` (systemd-escape(1))."""
    slashed = text.replace("-", "/")
    return re.sub(r"\\x([0-9a-f]{2})", lambda match: chr(int(match[1], 16)), slashed)


class _Reader:
    def __init__(self, name: str, specifiers: Specifiers) -> None:
        self._name = name
        self._specifiers = specifiers
        self._values: dict[str, Any] = {}
        self._not_honoured: list[NotHonoured] = []
        self._where: dict[str, str] = {}

    def take(self, assignment: Assignment) -> None:
        section, key = assignment.section, assignment.key
        if section.startswith("X-") or key.startswith("X-"):
            return
        if section not in HONOURED:
            raise UnitError(assignment.where, f"section [{section}] is not for a service", "take it out")
        directive = HONOURED[section].get(key)
        if directive is not None:
            self._where[directive.field] = assignment.where
            self._set(directive, assignment)
        elif section == "Service" and key in PRODUCTION_ONLY:
            self._not_honoured.append(NotHonoured(assignment.where, key, PRODUCTION_ONLY[key]))
        else:
            raise _refusal(assignment)

    def _set(self, directive: Directive, assignment: Assignment) -> None:
        field = directive.field
        if not assignment.value and directive.clearable:
            self._values.pop(field, None)
            return
        try:
            value = directive.parse(assignment.value, self._specifiers)
        except ValueError as error:
            what = f"{assignment.key}= cannot be honoured: {error}"
            raise UnitError(assignment.where, what, "see the manual page of systemd for its values") from None
        if directive.fold == "set" or field not in self._values:
            self._values[field] = value
        elif isinstance(value, frozenset):
            self._values[field] |= value
        else:
            self._values[field] += value

    def unit(self, files: tuple[Path, ...]) -> Unit:
        found = self._values
        if "timeout" in found:
            found.setdefault("timeout_start", found["timeout"])
            found.setdefault("timeout_stop", found["timeout"])
        if found.get("type") == "oneshot":
            found.setdefault("timeout_start", float("inf"))
        known = {field: value for field, value in found.items() if field in _FIELDS}
        unit = Unit(self._name, files, tuple(self._not_honoured), **known)
        self._check(unit)
        return unit

    def _check(self, unit: Unit) -> None:
        file = str(unit.files[0])
        oneshot = unit.type == "oneshot"
        if not unit.exec_start and not (oneshot and unit.exec_stop):
            raise UnitError(file, "it has no ExecStart=", "name the program to run")
        if len(unit.exec_start) > 1 and not oneshot:
            where = self._where["exec_start"]
            raise UnitError(where, "only Type=oneshot may have several ExecStart=", "keep one")
        if oneshot and unit.restart in ("always", "on-success"):
            where = self._where["restart"]
            raise UnitError(where, f"Type=oneshot forbids Restart={unit.restart}", "use Restart=on-failure")


def _refusal(assignment: Assignment) -> UnitError:
    key, section = assignment.key, assignment.section
    home = next((each for each, table in HONOURED.items() if key in table), None)
    if home:
        return UnitError(assignment.where, f"{key}= does not belong in [{section}]", f"move it to [{home}]")
    what = f"{key}= in [{section}] is not honoured by the local server's supervisor"
    table = [*HONOURED[section], *(PRODUCTION_ONLY if section == "Service" else ())]
    near = difflib.get_close_matches(key, table, n=1)
    hint = f" or write {near[0]}=" if near else ""
    return UnitError(assignment.where, what, f"take it out{hint}")


def changed(unit: Unit, since: float) -> bool:
    """True if a file of the unit is newer than `since` (seconds since the epoch) or gone."""
    try:
        return any(file.stat().st_mtime > since for file in unit.files)
    except FileNotFoundError:
        return True
