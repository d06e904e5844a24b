"""The rows of a table that annotates several videos, by video, read from the file once."""

import json
import sqlite3
from collections.abc import Iterable, Iterator

from wince.archive.annotations.frame_table import Row


class VideoRows:
    """Rows by the video that they name, in a temporary database, which SQLite removes."""

    def __init__(self, rows: Iterable[Row], column: str) -> None:
        """Read all rows.

        Args:
            rows: The rows, as (line, cells by column).
            column: The column that names the video.
        """
        self._database = sqlite3.connect("")  # a file once it does not fit in the cache
        self._database.execute("CREATE TABLE rows (video TEXT, line INTEGER, cells TEXT)")
        self._database.executemany(
            "INSERT INTO rows VALUES (?, ?, ?)",
            ((cells[column], line, json.dumps(dict(cells))) for line, cells in rows),
        )
        self._database.execute("CREATE INDEX by_video ON rows (video, line)")
        videos = self._database.execute("SELECT video FROM rows GROUP BY video ORDER BY MIN(line)")
        self.videos = tuple(video for (video,) in videos)

    def of(self, video: str) -> Iterator[Row]:
        """Yield the rows of a video in the order of the file."""
        rows = self._database.execute(
            "SELECT line, cells FROM rows WHERE video = ? ORDER BY line", (video,)
        )
        for line, cells in rows:
            yield line, json.loads(cells)
