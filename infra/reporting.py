"""How the program reports a user's mistake: Pulumi prints a RunError as it is, without a traceback."""

from collections.abc import Iterator
from contextlib import contextmanager

import pulumi

from infra.errors import UserError


@contextmanager
def user_errors_reported() -> Iterator[None]:
    """Turns a UserError inside into pulumi.RunError; anything else is a defect and keeps its traceback."""
    try:
        yield
    except UserError as error:
        raise pulumi.RunError(str(error)) from None
