"""Where matplotlib and torch keep their caches while a command runs."""

import atexit
import os
import shutil
import tempfile

VARIABLES = ("MPLCONFIGDIR", "TORCHINDUCTOR_CACHE_DIR", "TRITON_CACHE_DIR")
"""Folders of matplotlib's list of fonts and style, and of what torch compiles."""


def use_temporary_folder() -> None:
    """Keep these caches out of the user's folders; call this before the libraries are imported.

    They go into a temporary folder, which is removed when the process ends, and the user's own
    style does not change the plots. Processes that this one starts use the same folder. A folder
    that the user has chosen with one of the variables is used as it is.
    """
    missing = [name for name in VARIABLES if name not in os.environ]
    if not missing:
        return
    folder = tempfile.mkdtemp(prefix="wince-caches-")
    os.environ.update(dict.fromkeys(missing, folder))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
