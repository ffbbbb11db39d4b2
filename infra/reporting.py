"""How the program reports a user's mistake: one message in the engine's output, no traceback."""

from collections.abc import Iterator
from contextlib import contextmanager

import pulumi

from infra.errors import UserError
from infra.mistakes import SettingsError

# By this code the language hosts know that an error was shown (pulumi-language-python-exec, 3.259.0).
_SAID = 32


@contextmanager
def user_errors_reported() -> Iterator[None]:
    """Ends the program for a user's mistake inside; anything else is a defect and keeps its traceback."""
    try:
        yield
    except (UserError, SettingsError) as error:
        pulumi.log.error(str(error))
        raise SystemExit(_SAID) from None
