"""How the page is opened in Chromium, and where it shows results; benchmarks use it too."""

import shutil

# The one without windows opens a page in little more than half of the computing time.
PROGRAMS = ("chromium-headless-shell", "chromium", "chromium-browser")
CHROMIUM = next(filter(None, map(shutil.which, PROGRAMS)), None)
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--use-fake-ui-for-media-stream",
]

RESULT = "#upload-result .result"
LIVE = "#live-result .result"
LIVE_RESULT = f'{LIVE}[data-kind="level"]'
