"""Speech of `wince watch`, which does not hold up the frames."""

import threading

from wince.cli.messages import complain
from wince.cli.speech_options import Speaker
from wince.errors import SpeechError
from wince.runtime.statement import Statement


class BackgroundSpeaker:
    """Speaks announced statements in a thread.

    While one is spoken, only the newest of the others waits, and only as long as it is still true.
    """

    def __init__(self, speaker: Speaker) -> None:
        """Start the thread."""
        self._speaker = speaker
        self._waiting: Statement | None = None
        self._changed = threading.Condition()
        self._finishing = False
        self._thread = threading.Thread(target=self._speak, name="wince-voice", daemon=True)
        self._thread.start()

    def follow(self, statement: Statement) -> None:
        """Speak a statement soon if it is announced; drop one that waits and is no longer true."""
        with self._changed:
            if statement.announced:
                self._waiting = statement
                self._changed.notify()
            elif self._waiting and not _same_levels(self._waiting, statement):
                self._waiting = None

    def finish(self) -> None:
        """Return when everything has been spoken."""
        with self._changed:
            self._finishing = True
            self._changed.notify()
        self._thread.join()

    def _speak(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._waiting or self._finishing)
                statement, self._waiting = self._waiting, None
            if statement is None or statement.level is None:
                return
            try:
                self._speaker.say(statement, statement.between)
            except SpeechError as error:
                complain(error)
                return


def _same_levels(first: Statement, second: Statement) -> bool:
    return (first.between or first.level) == (second.between or second.level)
