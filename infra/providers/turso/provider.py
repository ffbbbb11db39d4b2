"""What Turso's dynamic providers have in common."""

from collections.abc import Iterator
from contextlib import contextmanager

from pulumi.dynamic import ConfigureRequest, ResourceProvider

from infra.errors import UserError
from infra.providers.hrana import DatabaseMissingError, Hrana, TokenRefusedError
from infra.providers.lifetime import end_with_engine
from infra.providers.results import Props
from infra.providers.turso.platform import Platform


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
