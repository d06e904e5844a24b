"""The Content-Security-Policy of the page on the device."""

PATH = "/device/"
"""Where a wince server shows the page."""

POLICY = (
    "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; "
    "img-src 'self' blob:; media-src 'self' blob:; connect-src 'self'; worker-src 'self'; "
    "manifest-src 'self'; base-uri 'none'; form-action 'none'; "
    "require-trusted-types-for 'script'; trusted-types wince"
)
"""Everything comes from the page's own host, and WebAssembly may run."""

HEADER_POLICY = f"{POLICY}; frame-ancestors 'none'"
"""As a header, which can also forbid other pages to show this one; an element cannot."""
