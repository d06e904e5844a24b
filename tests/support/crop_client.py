"""A client of the live socket that sends crops of the followed face and, once a second, frames."""

import io
import json
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

LONGEST_SIDE = 1280
"""Of whole frames, in pixels."""
CROP_SIDES = 3.0
"""Side of a crop, in sides of the face's box."""

Answer = dict[str, Any]


class CropClient:
    """Sends the frames of a camera as the page does.

    Attributes:
        sent: "whole" or "crop" for each frame.
        answers: The answer to each frame.
    """

    def __init__(self, socket: Any) -> None:
        self._socket = socket
        self._whole_at = -np.inf
        self._box: list[float] | None = None
        self.sent: list[str] = []
        self.answers: list[Answer] = []

    def send(self, rgb: NDArray[np.uint8], seconds: float) -> Answer:
        """Send a frame as a whole or as a crop, whichever is due, and return its answer."""
        if self._box is None or seconds - self._whole_at >= 1:
            return self.send_whole(rgb, seconds)
        return self.send_crop(rgb, seconds, crop_region(self._box, rgb))

    def send_whole(self, rgb: NDArray[np.uint8], seconds: float) -> Answer:
        height, width = rgb.shape[:2]
        self._whole_at = seconds
        self.sent.append("whole")
        return self._ask(rgb, [0, 0, width, height], seconds, LONGEST_SIDE)

    def send_crop(self, rgb: NDArray[np.uint8], seconds: float, region: list[int]) -> Answer:
        self.sent.append("crop")
        return self._ask(rgb, region, seconds, 640)

    def _ask(
        self, rgb: NDArray[np.uint8], region: list[int], seconds: float, longest: int
    ) -> Answer:
        message = {"region": region, "size": [rgb.shape[1], rgb.shape[0]], "seconds": seconds}
        self._socket.send_text(json.dumps({"frame": message}))
        self._socket.send_bytes(encode_part(rgb, region, longest))
        answer: Answer = self._socket.receive_json()
        self.answers.append(answer)
        boxes = {person["number"]: person["box"] for person in answer.get("persons", ())}
        is_absent = "problem" in answer
        self._box = None if is_absent else boxes.get(answer.get("person"))
        return answer


def crop_region(box: list[float], rgb: NDArray[np.uint8]) -> list[int]:
    """Return the part of a frame around a face, in whole pixels."""
    height, width = rgb.shape[:2]
    x, y = (box[0] + box[2]) / 2, (box[1] + box[3]) / 2
    reach = max(box[2] - box[0], box[3] - box[1]) * CROP_SIDES / 2
    return [
        max(0, round(x - reach)),
        max(0, round(y - reach)),
        min(width, round(x + reach)),
        min(height, round(y + reach)),
    ]


def encode_part(rgb: NDArray[np.uint8], region: list[int], longest: int = 640) -> bytes:
    """Return a part of a frame as a JPEG with at most `longest` pixels a side."""
    x0, y0, x1, y1 = region
    image = Image.fromarray(rgb[y0:y1, x0:x1])
    scale = longest / max(image.size)
    if scale < 1:
        image = image.resize(
            (round(image.width * scale), round(image.height * scale)), Image.Resampling.BILINEAR
        )
    file = io.BytesIO()
    image.save(file, "JPEG", quality=90)
    return file.getvalue()
