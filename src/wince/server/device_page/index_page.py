"""The document of the page on the device, made from the one that the server shows."""

from collections.abc import Iterable
from html import escape

from wince.server.device_page.module_graph import START
from wince.server.device_page.policy import POLICY
from wince.server.page_sources import ON_DEVICE_LINK, STATIC

_HEAD = '<meta charset="utf-8" />'
_HOME = 'href="./"'
_API_LINK = '<a href="openapi.json" data-text="footer.api"></a>'
SERVER_LINK = '<a href="../" data-text="footer.on-server"></a>'


def render(files: str, modules: Iterable[str], *, subpath: str | None, has_server: bool) -> str:
    """Return the document.

    Args:
        files: Path of the folder with the page's files, with a slash at its end.
        modules: Paths in it of the scripts that the browser is to load at once.
        subpath: Path below which hosts serve the page, with a slash at both ends; None for any.
        has_server: Whether a wince server shows the page below its own, so that it links to it.
    """
    elements = (
        f'<meta http-equiv="Content-Security-Policy" content="{POLICY}" />',
        '<meta name="referrer" content="no-referrer" />',
        '<meta name="wince-engine" content="device" />',
        f'<script type="module" src="static/{START}" async></script>',
        *(f'<link rel="modulepreload" href="static/{path}" />' for path in modules),
    )
    html = (STATIC / "index.html").read_text("utf-8")
    for old, new in (
        (_HEAD, "\n    ".join((_HEAD, *elements))),
        (_HOME, f'href="{escape(subpath or "./")}"'),
        (_API_LINK, ""),
        (ON_DEVICE_LINK, SERVER_LINK if has_server else ""),
    ):
        assert html.count(old) == 1, old
        html = html.replace(old, new)
    return html.replace('"static/', f'"{escape(subpath or "")}{files}')
