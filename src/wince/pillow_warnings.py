"""Turns off Pillow's warnings in the programs of wince.

Pillow warns about broken EXIF blocks and large dimensions while it decodes. `wince.images` handles
both, so on the command line the warnings are noise. Python keeps one list of warning filters for
the whole process: a filter that one thread sets around a call can be undone by another thread, and
images are decoded in several threads. So the library does not touch the filters, which belong to
the host program. Only processes that wince starts itself turn these warnings off: the command line,
which includes `wince serve`, and the worker processes of `wince.workers`.
"""

import warnings


def ignore_pillow_warnings() -> None:
    """Ignore Pillow's warnings in this process, in all threads."""
    warnings.filterwarnings("ignore", module=r"PIL\.")
