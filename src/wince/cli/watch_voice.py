"""Speech of `wince watch`, which does not hold up the frames."""

import threading

from wince.cli.messages import complain
from wince.cli.speech_options import Speaker
from wince.errors import SpeechError
from wince.scale import Level


class BackgroundSpeaker:
    """Speaks levels in a thread; while one is spoken, only the newest of the others waits."""

    def __init__(self, speaker: Speaker) -> None:
        """Start the thread."""
        self._speaker = speaker
        self._waiting: Level | None = None
        self._changed = threading.Condition()
        self._finishing = False
        self._thread = threading.Thread(target=self._speak, name="wince-voice", daemon=True)
        self._thread.start()

    def say(self, level: Level) -> None:
        """Speak a level soon, instead of a level that is still waiting."""
        with self._changed:
            self._waiting = level
            self._changed.notify()

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
                level, self._waiting = self._waiting, None
            if level is None:
                return
            try:
                self._speaker.say(level)
            except SpeechError as error:
                complain(error)
                return
