"""`wince serve` for the tests of the page, with two differences.

Browsers ask again for each of the page's files on every visit, so that an update shows at once.
Here they keep the files, so that the page opens in two thirds of the computing time. And
SESSION_PATH has the page with the parts of a session alone: `tests/page/session_app.js` in place of
`app.js`.
"""

import sys
from pathlib import Path

from starlette.responses import FileResponse, HTMLResponse

from wince.cli import main
from wince.server import app, routes

SESSION_PATH = "/test-session"  # beside the page, whose links are relative
SESSION_SCRIPT = f"{SESSION_PATH}.js"
SESSION_APP = Path(__file__).parents[1] / "page" / "session_app.js"

create_app = app.create_app


def create_test_app(*given, **options):
    """Return the server's application with the page of a session."""
    application = create_app(*given, **options)
    index = (routes.STATIC / "index.html").read_text("utf-8")

    @application.get(SESSION_PATH, include_in_schema=False)
    def page():
        return HTMLResponse(index.replace("static/app.js", SESSION_SCRIPT))

    @application.get(SESSION_SCRIPT, include_in_schema=False)
    def session_app():
        return FileResponse(SESSION_APP, headers={"Cache-Control": app.CACHE_CONTROL})

    return application


if __name__ == "__main__":
    app.CACHE_CONTROL = "max-age=3600"
    app.create_app = create_test_app
    sys.exit(main(["serve", *sys.argv[1:]]))
