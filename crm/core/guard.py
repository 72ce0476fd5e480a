"""Every view says who may use it; one that forgets stops the app from starting."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from flask import Flask, abort, current_app, g
from flask_login import current_user

PUBLIC = "public"
SIGNED_IN = "signed_in"


def allow(*roles: str) -> Callable[..., Any]:
    """Declare who may use a view: PUBLIC, SIGNED_IN (every role) or named roles.

    A stranger is sent to the sign-in page (401 for fragments), the wrong role gets 403.
    """

    def mark(view: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(view)
        def guarded(*args: Any, **kwargs: Any) -> Any:
            if PUBLIC not in roles:
                if not current_user.is_authenticated:
                    return current_app.login_manager.unauthorized()  # type: ignore[attr-defined]
                if SIGNED_IN not in roles and current_user.role not in roles:
                    abort(403)
                g.actor = current_user._get_current_object()
            return view(*args, **kwargs)

        guarded.allowed_roles = frozenset(roles)  # type: ignore[attr-defined]
        return guarded

    return mark


def check_every_view_is_declared(app: Flask) -> None:
    """Raises RuntimeError naming every endpoint whose view carries no @allow."""
    bare = sorted(
        endpoint
        for endpoint, view in app.view_functions.items()
        if not hasattr(view, "allowed_roles")
    )
    if bare:
        raise RuntimeError(f"views without @allow: {', '.join(bare)}")
