"""The page in Firefox: a small part of what the other tests check in Chromium."""

import pytest

import wince


@pytest.mark.parametrize("path_of_page", ["", "/device/"], ids=["server", "device"])
def test_photo_is_assessed(firefox, address, frames, path_of_page):
    path = frames[1].path
    assessment = wince.assess(path)
    firefox.open(address + path_of_page)
    firefox.choose_file("#file", path)
    firefox.wait_for('#upload-result .result[data-kind="level"]')
    assert firefox.text("#upload-result .result-title") == assessment.level.capitalize()
    assert firefox.text("#upload-result .result-score") == f"PSPI {round(assessment.pspi)} of 16"


def test_aiming_states_that_there_is_no_face(firefox, address):
    firefox.open(address)
    firefox.click("#tab-live")
    firefox.click("#check-now")
    firefox.wait_for('.tick[data-kind="unknown"]')
    assert firefox.text("#aim-how").startswith(("No face is seen", "The camera starts"))
