"""Mutation checks: each check is taken out of a copy of the project, where its tests must fail."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from infra.paths import ROOT
from tests.mutation.checks import CHECKS, Check
from tests.support.clone import copy_project


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("mutation") / "project"
    copy_project(folder)
    return folder


@contextmanager
def taken_out(copy: Path, check: Check) -> Iterator[None]:
    file = copy / check.file
    original = file.read_text("utf-8")
    file.write_text(original.replace(check.text, check.without), "utf-8")
    try:
        yield
    finally:
        file.write_text(original, "utf-8")


def failing(copy: Path, tests: tuple[str, ...]) -> set[str]:
    """Those of the copy's tests that fail, by their names without parameters; an error is no failure."""
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "--tb=no", "-p", "no:cacheprovider", *tests],
        cwd=copy,
        env={**os.environ, "PYTHONPATH": str(copy), "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode in (0, 1), done.stdout + done.stderr
    return set(re.findall(r"^FAILED (\S+?::\w+)", done.stdout, re.MULTILINE))


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.name)
def test_a_check_stands_once_and_its_tests_exist(check: Check) -> None:
    assert (ROOT / check.file).read_text("utf-8").count(check.text) == 1
    for test in check.tests:
        file, _, function = test.partition("::")
        assert re.search(rf"\bdef {function}\(", (ROOT / file).read_text("utf-8")), test


@pytest.mark.slow
@pytest.mark.parametrize(
    "check",
    [pytest.param(check, marks=[] if check.quick else [pytest.mark.chaos]) for check in CHECKS],
    ids=[check.name for check in CHECKS],
)
def test_without_the_check_its_tests_fail(copy: Path, check: Check) -> None:
    with taken_out(copy, check):
        assert failing(copy, check.tests) == set(check.tests)
