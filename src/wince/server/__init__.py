"""The server on this machine: the page, the HTTP API and the live socket."""
