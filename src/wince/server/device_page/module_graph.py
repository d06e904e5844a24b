"""Which scripts a browser loads for the page, so that it can ask for all of them at once."""

import posixpath
import re
from collections.abc import Mapping

ROOTS = ("app.js", "engine/device.js", "parts/offline.js")
"""The page's first script, and those that it imports later in the page on the device."""

_IMPORT = re.compile(r'^(?:import|export)\s(?:[^;"]*\sfrom\s+)?"(\.[^"]+\.js)"', re.MULTILINE)


def modules(files: Mapping[str, bytes]) -> list[str]:
    """Return the paths of the scripts that ROOTS and what they import load, each once.

    Args:
        files: Contents of the page's files by path.
    """
    paths = list(ROOTS)
    for path in paths:  # which grows on the way
        for name in _IMPORT.findall(files[path].decode()):
            imported = posixpath.normpath(posixpath.join(posixpath.dirname(path), name))
            if imported not in paths:
                paths.append(imported)
    return paths
