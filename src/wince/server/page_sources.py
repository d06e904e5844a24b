"""Where the page's files are in the package."""

from pathlib import Path

STATIC = Path(__file__).parent / "static"
"""The document, scripts, styles, icons and the runtime of the page on the device."""

DOCUMENT = "index.html"
ON_DEVICE_LINK = '<a href="device/" data-text="footer.on-device"></a>'
"""In the document: the link to the page that assesses on the device itself."""
