"""What a Prometheus server scrapes.

All processes tell the same, for none keeps a number of its own; a restart sets nothing back to 0.
"""

import hmac

from flask import Response, abort, current_app, request

from crm.core import clock
from crm.core.guard import PUBLIC, allow
from crm.outbox.views import monitoring
from crm.outbox.views.deliveries import LOOKED_BACK


@monitoring.get("/metrics")
@allow(PUBLIC)
def metrics() -> Response:
    """The text Prometheus reads, for whoever brings METRICS_TOKEN; without one there is no such page."""
    token = current_app.extensions["settings"].metrics_token
    if not token:
        abort(404)
    brought = request.headers.get("Authorization", "").encode()
    if not hmac.compare_digest(brought, f"Bearer {token}".encode()):
        return Response(
            "a token is wanted\n", 401, {"WWW-Authenticate": "Bearer"}, mimetype="text/plain"
        )
    from crm.outbox.metrics import CONTENT_TYPE, scraped  # what most installations never load

    at = clock.now()
    said = Response(scraped(at, clock.office_day(at) - LOOKED_BACK), content_type=CONTENT_TYPE)
    said.headers["Cache-Control"] = "no-store"
    return said
