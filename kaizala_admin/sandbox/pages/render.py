"""Fills the page templates.

Everything that comes from outside is escaped; the style is in the page itself.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from html import escape
from pathlib import Path
from string import Template

from aiohttp import web

_FOLDER = Path(__file__).parent
_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src 'self' data:; form-action 'self'; base-uri 'none'"
)


@cache
def template(name: str) -> Template:
    """Return a template of this folder."""
    return Template((_FOLDER / name).read_text(encoding="utf-8"))


def page(title: str, content: str, refresh_seconds: int = 0) -> web.Response:
    """Return a whole page; `content` is HTML, `title` is text."""
    refresh = f'<meta http-equiv="refresh" content="{refresh_seconds}">' if refresh_seconds else ""
    css = (template("style.css")).template
    html = template("base.html").substitute(title=escape(title), content=content, refresh=refresh, css=css)
    return web.Response(text=html, content_type="text/html", headers={"Content-Security-Policy": _POLICY})


def rows(items: Iterable[Iterable[str]], nothing: str, columns: int) -> str:
    """Return table rows of HTML cells, or one row that says there is nothing."""
    found = "".join(f"<tr>{''.join(f'<td>{cell}</td>' for cell in item)}</tr>" for item in items)
    return found or f'<tr><td colspan="{columns}" class="soft">{escape(nothing)}</td></tr>'


def link(address: str, text: str) -> str:
    """Return a link; both are escaped."""
    return f'<a href="{escape(address)}">{escape(text)}</a>'
