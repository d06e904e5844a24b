"""Which scripts a browser loads for the page, so that it can ask for all of them at once."""

import posixpath
import re
from collections.abc import Mapping

START = "engine/device_start.js"
"""Starts the engine's worker; it runs as soon as it is loaded."""

ROOTS = (START, "app.js", "engine/device.js", "parts/offline.js")
"""The page's first scripts, and those that it imports later in the page on the device."""

_IMPORT = re.compile(r'^(?:import|export)\s(?:[^;"]*\sfrom\s+)?"(\.[^"]+\.js)"', re.MULTILINE)


def modules(files: Mapping[str, bytes]) -> list[str]:
    """Return the paths of ROOTS and of the scripts that they import, each once, root by root.

    Args:
        files: Contents of the page's files by path.
    """
    paths: list[str] = []
    for root in ROOTS:  # those of the first script come first
        reached = [root]
        for path in reached:  # which grows on the way
            for name in _IMPORT.findall(files[path].decode()):
                imported = posixpath.normpath(posixpath.join(posixpath.dirname(path), name))
                if imported not in (*paths, *reached):
                    reached.append(imported)
        paths += reached
    return list(dict.fromkeys(paths))
