"""Pages of this server for what is not there, not allowed or broken; and a policy for whatever has none."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tornado.httputil import HTTPHeaders
from tornado.web import OutputTransform

from proboost_kernel.i18n import _, language

if TYPE_CHECKING:
    from proboost_lab.extension import Room

# Of pages that only say something: own styles, no script.
POLICY = (
    "default-src 'none'; style-src 'self'; font-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'"
)


def refusal(room: Room, status: int) -> str:
    """The page, in its reader's language. Jupyter's own templates of that name give way to it (templates/server)."""
    from proboost_lab.pages import templates  # pages stand on this

    match status:
        case 404:
            title, text = _("There is no such page"), _("Its address may be mistyped, or what was here is gone.")
        case 401 | 403:
            title, text = _("This page is not for you"), _("Open the lesson from your own catalogue.")
        case _other:
            title, text = _("The page could not be shown"), _("Reload the page. If it happens again, ask for help.")
    return (
        templates()
        .get_template("error.html")
        .render(
            asset=room.asset,
            base=room.base_url,
            public_url=room.public_url,
            lang=language(),
            title=title,
            text=text,
            again=status >= 500,
        )
    )


class Guarded(OutputTransform):
    """A page that says an error gets POLICY, whoever made it; so does anything that came without a policy."""

    def transform_first_chunk(
        self, status_code: int, headers: HTTPHeaders, chunk: bytes, finishing: bool
    ) -> tuple[int, HTTPHeaders, bytes]:
        says_error = status_code >= 400 and headers.get("Content-Type", "").startswith("text/html")
        if says_error or "Content-Security-Policy" not in headers:
            headers["Content-Security-Policy"] = POLICY
        return super().transform_first_chunk(status_code, headers, chunk, finishing)


def load(web_app: Any, room: Room) -> None:
    """Called once, before the server answers anybody."""
    web_app.settings["jinja2_env"].globals["proboost_refusal"] = lambda status: refusal(room, int(status))
    web_app.add_transform(Guarded)
