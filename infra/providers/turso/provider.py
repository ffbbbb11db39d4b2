"""What Turso's dynamic providers have in common."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from pulumi.dynamic import CheckFailure, CheckResult, ConfigureRequest, ReadResult, ResourceProvider
from pulumi.runtime.rpc import UNKNOWN

from infra.errors import UserError
from infra.providers.hrana import DatabaseMissingError, Hrana, TokenRefusedError
from infra.providers.lifetime import end_with_engine
from infra.providers.turso.platform import Platform

Props = dict[str, Any]


class TursoProvider(ResourceProvider):
    """The engine keeps an instance's pickle in the state: a reference to its class, and no attributes.

    So a code edit changes no resource, and `refresh` and `destroy`, which don't run the program, run it too.
    """

    serialize_as_secret_always = False

    platform: Platform

    def configure(self, req: ConfigureRequest) -> None:
        end_with_engine()
        names = ("shoreline:turso", "shoreline:tursoToken")
        self.platform = Platform.configured({name: req.config.get(name) for name in names})

    @contextmanager
    def writing(self, props: Props) -> Iterator[Hrana]:
        """The database of these properties, for a change that cannot do without it. Raises UserError."""
        refresh = "Run `pulumi refresh`, then the same command again"
        with self.platform.database(props["hostname"], props["token"]) as database:
            try:
                yield database
            except TokenRefusedError:
                raise UserError(props["hostname"], "the database refuses its token", refresh) from None
            except DatabaseMissingError:
                raise UserError(props["hostname"], "the database is gone", refresh) from None


def refused(news: Props, message: str) -> CheckResult:
    """The inputs with one failure; naming a property would make the engine print its whole value."""
    return CheckResult(news, [CheckFailure("", message)])


def gone() -> ReadResult:
    """Tells the engine to drop the resource from the state, so that the next `up` creates it again."""
    return ReadResult(None, {})


def changed(olds: Props, news: Props, *names: str) -> list[str]:
    """Which of these properties differ. One that is unknown, as at a preview, differs."""
    return [name for name in names if olds.get(name) != news.get(name)]


def known(news: Props, names: list[str]) -> list[str]:
    """Without those whose new value a preview cannot know: the update shows whether they replace."""
    return [name for name in names if news.get(name) != UNKNOWN]
