"""Styles, scripts and icons: built by frontend/, named by their content, kept by browsers for a year."""

import json
import mimetypes
from functools import lru_cache
from pathlib import Path
from typing import Any

from flask import Blueprint, Flask, Response, current_app, g, request, send_from_directory, url_for
from markupsafe import Markup

from crm.core.guard import PUBLIC, allow

FRONTEND = Path(__file__).resolve().parents[2] / "frontend"
YEAR = 365 * 24 * 3600

bp = Blueprint("assets", __name__, url_prefix="/assets")


class AssetsNotBuilt(RuntimeError):
    """frontend/dist/ is missing or older than the page that asks for a file of it."""

    def __init__(self, name: str) -> None:
        super().__init__(
            f"{name} is not built; run `make setup` (or `node build.mjs` in frontend/)"
        )


def register_assets(app: Flask) -> None:
    """Serve frontend/dist/ under /assets and give templates `asset_url`, `icon`, `endpoints`."""
    app.config.setdefault("ASSETS_DIR", FRONTEND / "dist")
    app.register_blueprint(bp)
    app.jinja_env.globals.update(
        asset_url=asset_url,
        icon_markup=icon,
        # Lets the frame leave out what is not there (`{% if "leads.index" in endpoints %}`).
        endpoints=app.view_functions,
    )


def asset_url(name: str) -> str:
    """Where browsers find `app.css`, `app.js`, …

    Tests of pages need no build: with TESTING on, a missing file keeps its plain name.
    Raises AssetsNotBuilt otherwise, in one sentence that says what to run.
    """
    files, prefix = _built()
    if name not in files and not current_app.testing:
        raise AssetsNotBuilt(name)
    return f"{prefix}{files.get(name, name)}"


def _built() -> tuple[dict[str, str], str]:
    """The built files by name and where they are served; looked up once per request.

    A page has dozens of icons, and asking the disk and the router for each took longer than the
    page's own query.
    """
    found: tuple[dict[str, str], str] | None = g.get("built_assets")
    if found is None:
        manifest = Path(current_app.config["ASSETS_DIR"]) / "manifest.json"
        files = _manifest(manifest, manifest.stat().st_mtime_ns) if manifest.is_file() else {}
        found = g.built_assets = files, url_for("assets.file", filename="-").removesuffix("-")
    return found


def icon(name: str, label: Any = None, large: bool = False) -> Markup:
    """One line icon as markup; what templates/shared/macros/icon.html hands out as `icon`.

    Raises LookupError for an icon frontend/icons.json does not list.
    """
    spoken = Markup('role="img" aria-label="{}"').format(label) if label else SILENT
    return _icon(asset_url("icons.svg"), name, spoken, large)


SILENT = 'aria-hidden="true"'


@lru_cache(maxsize=500)
def _icon(sprite: str, name: str, spoken: str, large: bool) -> Markup:
    """Kept: a page has eighty icons, a few of them over and over."""
    if name not in _icons():
        raise LookupError(f'icon "{name}" is not listed in frontend/icons.json')
    size = " icon-l" if large else ""
    use = f'focusable="false"><use href="{sprite}#{name}"></use></svg>'
    return Markup(f'<svg class="icon{size}" {spoken} {use}')  # noqa: S704  parts of our own


@bp.get("/<path:filename>")
@allow(PUBLIC)
def file(filename: str) -> Response:
    """A built file. Its name changes with its content, so it never has to be asked for again."""
    folder = Path(current_app.config["ASSETS_DIR"])
    packed = request.accept_encodings.quality("gzip") > 0 and (folder / f"{filename}.gz").is_file()
    response = send_from_directory(
        folder,
        f"{filename}.gz" if packed else filename,
        mimetype=mimetypes.guess_type(filename)[0],
        max_age=YEAR,
    )
    if packed:
        response.content_encoding = "gzip"
    response.vary.add("Accept-Encoding")
    response.cache_control.public = True
    response.cache_control.immutable = True
    return response


@lru_cache(maxsize=4)
def _manifest(path: Path, changed: int) -> dict[str, str]:
    """Read again only when the build wrote it anew (`changed` is its modification time)."""
    files: dict[str, str] = json.loads(path.read_text(encoding="utf-8"))
    return files


@lru_cache(maxsize=1)
def _icons() -> frozenset[str]:
    listed = json.loads((FRONTEND / "icons.json").read_text(encoding="utf-8"))
    return frozenset(listed["outline"])
