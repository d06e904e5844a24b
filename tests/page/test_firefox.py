"""The page in Firefox: a small part of what the other tests check in Chromium."""

import wince
from wince import scale


def test_photo_is_assessed(firefox, address, frames):
    path = frames[1].path
    assessment = wince.assess(path)
    firefox.open(address)
    firefox.choose_file("#file", path)
    firefox.wait_for("#upload-result .assessed:not([hidden])")
    assert firefox.text("#upload-result .level-name") == assessment.level.capitalize()
    assert firefox.text("#upload-result .score-number") == scale.shown(assessment.pspi)


def test_live_view_states_that_there_is_no_face(firefox, address):
    firefox.open(address)
    firefox.click("#tab-live")
    firefox.click("#start")
    firefox.wait_for("#live-result .state:not([hidden])")
    assert firefox.text("#live-result .state-title") == "Not in view"
