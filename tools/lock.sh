#!/usr/bin/env bash
# Writes requirements/*.lock anew from pyproject.toml: every package with its version and the SHA-256
# of each of its files, for Python 3.11 and later on Linux, macOS and Windows.
# Versions that still fit stay as they are; `tools/lock.sh --upgrade` takes the newest. Needs uv.
set -euo pipefail
cd "$(dirname "$0")/.."
export UV_CUSTOM_COMPILE_COMMAND="tools/lock.sh"

lock() {
  uv pip compile pyproject.toml --universal --python-version 3.11 --generate-hashes \
    --no-emit-index-url --no-emit-find-links --no-annotate --quiet "$@"
}

lock "$@" --output-file requirements/serve.lock
# The tests run with what is served.
lock "$@" --extra dev --constraint requirements/serve.lock --output-file requirements/dev.lock
