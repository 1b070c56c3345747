"""Templates to responses: what every view shares (texts, navigation, the toast, static
addresses)."""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import jinja2
from markupsafe import Markup, escape
from starlette.requests import Request
from starlette.responses import HTMLResponse

from appliance.web import flash
from appliance.web.tables import hide_in
from appliance.web.texts import Texts

FOLDER = Path(__file__).parent
STATIC = FOLDER / "static"


@dataclass(frozen=True)
class Link:
    """An entry of the navigation."""

    path: str
    text: str
    icon: str


MAIN_LINKS = (
    Link("/", "nav.home", "house"),
    Link("/photos", "nav.photos", "images"),
    Link("/people", "nav.people", "users"),
    Link("/cameras", "nav.cameras", "cctv"),
    Link("/voice", "nav.voice", "mic"),
    Link("/activity", "nav.activity", "history"),
)
BOX_LINKS = (
    Link("/health", "nav.health", "heart-pulse"),
    Link("/models", "nav.models", "package"),
    Link("/settings", "nav.settings", "settings"),
)


class Renderer:
    """Renders templates; they are compiled at their first use."""

    def __init__(self, texts: Texts, theme: str) -> None:
        self._environment = jinja2.Environment(
            loader=jinja2.FileSystemLoader(FOLDER / "templates"),
            autoescape=True,
            undefined=jinja2.StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            auto_reload=False,
        )
        self._environment.filters["code"] = mark_code
        self._environment.filters["without_secrets"] = hide_in
        self._environment.globals.update(
            t=texts,
            static=static_address,
            main_links=MAIN_LINKS,
            box_links=BOX_LINKS,
            theme=theme,
            language=texts.language,
        )

    def page(
        self, request: Request, template: str, values: Mapping[str, object], status: int = 200
    ) -> HTMLResponse:
        """A view; shows and clears what the last request left to be said."""
        said = flash.read(request)
        path = request.url.path
        address = f"{path}?{request.url.query}" if request.url.query else path
        text = self._environment.get_template(template).render(
            {"path": path, "address": address, "said": said, **values}
        )
        response = HTMLResponse(text, status_code=status)
        response.headers["Cache-Control"] = "no-store"
        if said is not None:
            flash.clear(response)
        return response

    def fragment(self, template: str, values: Mapping[str, object]) -> str:
        return self._environment.get_template(template).render(values)


def mark_code(text: str) -> Markup:
    """Escaped text in which what stands in backticks is set as code."""
    return Markup(re.sub(r"`([^`]+)`", r"<code>\1</code>", str(escape(text))))  # noqa: S704 # escaped


@cache
def static_address(name: str) -> str:
    """The address of a static file, with its content's hash so that browsers keep it for ever."""
    digest = hashlib.sha256((STATIC / name).read_bytes()).hexdigest()[:12]
    return f"/static/{name}?v={digest}"
