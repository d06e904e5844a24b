"""What Python writes for the engine on the device: constants and test vectors."""

import pytest

from tools.page import write_constants, write_vectors


def test_the_constants_are_those_of_the_modules():
    assert write_constants.PATH.read_text("utf-8") == write_constants.text(), (
        "Run `python -m tools.page.write_constants`."
    )


@pytest.mark.parametrize(("name", "data"), write_vectors.vectors().items())
def test_the_vectors_are_what_python_computes(name, data):
    written = (write_vectors.FOLDER / f"{name}.json").read_text("utf-8")
    assert written == write_vectors.text(data), "Run `python -m tools.page.write_vectors`."
