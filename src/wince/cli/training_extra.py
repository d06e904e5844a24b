"""The packages of the training extra: commands that need them say so, and keep their caches out."""

from collections.abc import Sequence
from importlib.util import find_spec

from wince.cli import library_caches
from wince.errors import MissingExtraError


def require_training_extra() -> None:
    """Raise MissingExtraError unless the training extra is installed, and set up its caches."""
    _require(
        ("torch", "lightning", "matplotlib"),
        "This command needs {missing}, which the small install leaves out. Install it with: pip "
        "install 'wince[train]'",
    )


def require_plots(command: str) -> None:
    """Raise MissingExtraError unless matplotlib is installed, and set up its caches.

    Args:
        command: The command that needs it, for the message.
    """
    _require(
        ("matplotlib",),
        f"{command} needs {{missing}} for its plots, and {{missing}} is not installed. Install the "
        "training extra: pip install 'wince[train]'",
    )


def _require(packages: Sequence[str], message: str) -> None:
    missing = [name for name in packages if find_spec(name) is None]
    if missing:
        raise MissingExtraError(message.format(missing=", ".join(missing)))
    library_caches.use_temporary_folder()
