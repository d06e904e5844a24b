"""The formula that adds up the action units."""

import re

from tests.support.browser import change_answers, unfold, upload


def test_formula_is_shown_with_its_terms_and_read_in_words(open_page, photo, assessor):
    page = open_page()
    units = {"AU4": 3.1, "AU6": 2.0, "AU7": 2.6, "AU9": 1.0, "AU10": 0.4, "AU43": 1.0}
    change_answers(page, action_units=units, raw_score=7.7, score=7.7)
    upload(page, photo)
    unfold(page, "why")
    formula = page.locator("#upload-result .formula")
    shown = formula.evaluate(
        """(line) => {
          const copy = line.cloneNode(true);
          for (const element of copy.querySelectorAll(".visually-hidden")) element.remove();
          return copy.textContent;
        }"""
    )
    assert re.sub(r"\s+", " ", shown) == (
        "AU4 3.1 + max(AU6 2.0, AU7 2.6) + max(AU9 1.0, AU10 0.4) + AU43 1.0 = PSPI 7.7"
    )
    read = formula.evaluate(
        """(line) => {
          const copy = line.cloneNode(true);
          for (const element of copy.querySelectorAll("[aria-hidden]")) element.remove();
          return copy.textContent;
        }"""
    )
    assert re.sub(r"\s+", " ", read).startswith(
        "Brow lowerer: Brows pulled down and together, 3.1 + the higher of Cheek raiser: "
    )
    assert formula.get_by_title("Eye closure: Eyes closed", exact=True).inner_text().endswith("1.0")
    faded = formula.locator(".term.uncounted [aria-hidden]").all_inner_texts()
    assert faded == ["AU6", "AU10"]


def test_formula_shows_when_the_calibration_changes_the_score(open_page, photo):
    page = open_page()
    change_answers(page, raw_score=2.1, score=0.4)
    upload(page, photo)
    unfold(page, "why")
    text = page.locator("#upload-result .formula-result").inner_text()
    assert text == "= 2.1, which the model’s calibration turns into PSPI 0.4"
