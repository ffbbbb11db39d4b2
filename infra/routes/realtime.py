"""The WebSocket that collaboration and notifications come by."""

from infra.routes.limits import READS
from infra.routes.route import Route, Session

realtime = Route("GET /api/realtime", tier="realtime", access=Session(), rate_limits=(READS,))
