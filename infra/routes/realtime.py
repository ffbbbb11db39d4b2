"""The WebSockets: one for a person's own events, one for each note that is open for writing."""

from infra.routes.limits import READS
from infra.routes.route import Route, Session

realtime = Route("GET /api/realtime", tier="realtime", access=Session(), rate_limits=(READS,))

note = Route("GET /api/realtime/notes/{note}", tier="realtime", access=Session(), rate_limits=(READS,))
