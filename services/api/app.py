"""The api's way of a request: stages from top to bottom, then the route that the manifest declares."""

from starlette.types import ASGIApp

from services.api.dispatch import Dispatch
from services.api.overload import Overload
from services.api.stages import AccessLog, Health, ProblemDocuments
from services.api.tools import Tools
from services.common.front_door import FrontDoor
from services.common.manifest import Manifest


def create_app(manifest: Manifest, tools: Tools) -> ASGIApp:
    """The ASGI application. Raises ValueError on a manifest that doesn't fit the code."""
    settings = tools.settings
    app: ASGIApp = Dispatch(manifest, tools)
    app = FrontDoor(app, settings.edge_keys)  # signed by the edge, or 401
    app = Overload(app, settings.most_requests)  # 503 and Retry-After where too many are in progress
    app = Health(app, settings.release)  #      the check on the host, unsigned
    app = ProblemDocuments(app)  #              whatever is raised below becomes an RFC 9457 document
    return AccessLog(app, settings)  #          request id, one JSON line, who served it and how long it took
