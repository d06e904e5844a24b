"""What damaged inputs are tried on."""

import resource
import sys

from wince.files import Closing


class Target(Closing):
    """Tries damaged inputs on one part of the program."""

    def attempt(self, number: int) -> str:
        """Try input `number` and return how it ended.

        It ends as it should in a result, in a `WinceError`, or in an HTTP status below 500. Any
        other exception is a defect of the program.
        """
        raise NotImplementedError

    def memory(self) -> float:
        """Return the highest resident memory until now, in MB (2**20 bytes)."""
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        return peak / (2**20 if sys.platform == "darwin" else 2**10)

    def close(self) -> None:
        """Release what the target holds."""


def check_sentence(error: Exception) -> str:
    """Return the name of an error, whose message must be sentences."""
    assert str(error).endswith((".", ").")), str(error)
    return type(error).__name__
