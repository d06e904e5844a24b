"""Run a voice program in a process of its own.

Each utterance has its own process, because pyttsx3 can hang when it is used a second time, and a
hung process can be killed. The text is passed through stdin: no shell interprets it, and it is not
visible in the list of processes.
"""

import os
import subprocess
from collections.abc import Mapping

from wince.errors import SpeechError

RENDER_SECONDS = 20.0
"""Time limit for making a WAV file; it usually takes a tenth of a second."""
PLAY_SECONDS = 300.0
"""Time limit for speaking; the longest text takes about two minutes at the slowest rate."""

NO_SOUND_SERVER = {"PULSE_SERVER": ""}
"""Variables with which PulseAudio's library connects to no server and writes no file. espeak-ng
looks for a sound server even if it only makes a file."""
_KEPT = ("PATH", "LANG", "LC_ALL", "TMPDIR", "SYSTEMROOT", "TEMP", "ESPEAK_DATA_PATH")


def bare_environment() -> dict[str, str]:
    """Return the environment of a program that needs no home folder and no sound server."""
    kept = {name: os.environ[name] for name in _KEPT if name in os.environ}
    return {**kept, "HOME": os.devnull, **NO_SOUND_SERVER}


def run(
    command: list[str],
    stdin: bytes,
    seconds: float,
    environment: Mapping[str, str] | None = None,
) -> tuple[bytes, str]:
    """Run a program and return its stdout and the text of its stderr.

    Args:
        command: The program and its arguments.
        stdin: Bytes for the program's stdin.
        seconds: Time limit.
        environment: All variables that the program gets; None for those of this process.

    Raises:
        SpeechError: The program cannot be started, fails, or exceeds the time limit.
    """
    try:
        process = subprocess.run(  # noqa: S603 - a list without a shell; wince chooses the program
            command,
            input=stdin,
            capture_output=True,
            timeout=seconds,
            check=False,
            env=environment,
        )
    except subprocess.TimeoutExpired:
        raise SpeechError(
            f"The voice of this machine did not finish within {seconds:g} seconds and was stopped. "
            "Try again; if it happens again, install espeak-ng."
        ) from None
    except OSError as error:
        raise SpeechError(f"{command[0]} could not be started: {error.strerror}.") from error
    stderr = process.stderr.decode(errors="replace").strip()
    if process.returncode:
        reason = stderr.splitlines()[-1] if stderr else f"exit status {process.returncode}"
        raise SpeechError(
            f"The voice of this machine failed: {reason}. Install espeak-ng, which has a voice for "
            "every language of wince."
        )
    return process.stdout, stderr
