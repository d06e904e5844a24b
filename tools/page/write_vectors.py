"""Write the test vectors of the page's own engine: `python -m tools.page.write_vectors`.

Python writes inputs and its results into tests/vectors, and the unit tests of the page's scripts
compare theirs with them. Numbers from images are rounded: they differ a little between processors.
"""

import json
from pathlib import Path
from typing import Any

from tools.page import assessment_vectors, face_vectors, reading_vectors
from wince.files import write_text

FOLDER = Path(__file__).parents[2] / "tests/vectors"


def vectors() -> dict[str, Any]:
    """Return all vectors by the name of their file."""
    from_images = {**face_vectors.vectors(), **assessment_vectors.vectors()}
    return {**reading_vectors.vectors(), **_rounded(from_images)}


def _rounded(value: Any) -> Any:
    """Return plain data with its numbers rounded to six decimals."""
    if isinstance(value, float):
        return round(value, 6)
    if isinstance(value, dict):
        return {name: _rounded(member) for name, member in value.items()}
    if isinstance(value, list | tuple):
        return [_rounded(member) for member in value]
    return value


def text(data: Any) -> str:
    """Return the contents of a file."""
    return json.dumps(data, separators=(",", ":"), ensure_ascii=False) + "\n"


def main() -> None:
    """Write the files."""
    face_vectors.write_images()
    FOLDER.mkdir(exist_ok=True)
    for name, data in vectors().items():
        write_text(FOLDER / f"{name}.json", text(data))


if __name__ == "__main__":
    main()
