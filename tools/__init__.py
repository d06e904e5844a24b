"""Tools for developers of wince."""
