"""Tests that need a program which not every machine has."""

import os
import shutil

import pytest


def needs(program: str) -> pytest.MarkDecorator:
    """Skips where the program is missing; in CI the test runs, and fails."""
    missing = shutil.which(program) is None and "CI" not in os.environ
    return pytest.mark.skipif(missing, reason=f"this machine has no {program}")
