"""What a handler is given: who asks, for what."""

from dataclasses import dataclass

from services.api.input.input import Input
from services.api.input.schema import Values
from services.api.request import Request
from services.common.identity import Identity


@dataclass(frozen=True, slots=True)
class Call:
    """A request whose access and input are checked."""

    request: Request
    given: Input

    @property
    def path(self) -> Values:
        return self.given.path

    @property
    def body(self) -> Values:
        return self.given.body

    @property
    def caller(self) -> Identity:
        """Of a route that needs a session."""
        identity = self.request.identity
        assert identity is not None
        return identity
