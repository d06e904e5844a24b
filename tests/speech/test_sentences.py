"""The spoken text of each level, and phrases that it must never contain."""

import pytest

from wince.scale import LEVEL_PAIRS, LEVELS, Level, LevelPair
from wince.speech import sentences


@pytest.mark.parametrize(
    ("level", "shown", "spoken"),
    [
        (Level.NONE, "No pain expression seen.", "No pain expression seen."),
        (Level.MILD, "Pain expression: mild.", "This person has pain level: mild."),
        (Level.MODERATE, "Pain expression: moderate.", "This person has pain level: moderate."),
        (Level.SEVERE, "Pain expression: severe.", "This person has pain level: severe."),
    ],
)
def test_each_level_has_a_sentence_to_show_and_one_to_speak(
    level: Level, shown: str, spoken: str
) -> None:
    assert sentences.sentence(level) == shown
    assert sentences.spoken_text(level, 3.0) == spoken


def test_percentage_and_advice_are_added_on_request_in_that_order() -> None:
    spoken = sentences.spoken_text(Level.MODERATE, 8.0, with_percent=True, with_advice=True)
    assert spoken == (
        "This person has pain level: moderate. Pain score: 50 percent of the scale. "
        + sentences.advice(Level.MODERATE)
    )
    assert sentences.spoken_text(Level.MILD, 1.0, with_percent=True).endswith(
        "6 percent of the scale."
    )


@pytest.mark.parametrize("level", LEVELS)
def test_every_advice_ends_with_the_caution(level: Level) -> None:
    assert sentences.advice(level).endswith("it is not a diagnosis.")


@pytest.mark.parametrize(
    ("between", "sentence"),
    [
        ((Level.NONE, Level.MILD), "between no pain expression and mild."),
        ((Level.MILD, Level.MODERATE), "between mild and moderate."),
        ((Level.MODERATE, Level.SEVERE), "between moderate and severe."),
    ],
)
def test_a_level_that_is_not_clear_is_worded_with_its_neighbour(
    between: LevelPair, sentence: str
) -> None:
    for level in between:
        spoken = sentences.spoken_text(level, 8.0, between=between, with_advice=True)
        assert spoken.startswith(f"This person has pain level: {sentence} It may be {between[1]};")
        assert sentences.ADVICE[between[1]] in spoken
        assert sentences.sentence(level, between=between).endswith(sentence)


def test_a_percentage_without_a_score_is_an_error() -> None:
    with pytest.raises(ValueError, match="expected the score"):
        sentences.spoken_text(Level.MILD, with_percent=True)
    assert sentences.spoken_text(None, with_percent=True) == sentences.REFUSAL


@pytest.mark.parametrize("between", [None, *LEVEL_PAIRS])
@pytest.mark.parametrize("level", LEVELS)
def test_no_text_rules_pain_out(level: Level, between: LevelPair | None) -> None:
    text = sentences.spoken_text(
        level, 0.0, between=between, with_percent=True, with_advice=True
    ).lower()
    text = text.replace("no pain expression", "")
    for phrase in ("no pain", "pain-free", "free of pain", "not in pain", "painless"):
        assert phrase not in text


def test_the_lowest_level_says_that_a_calm_face_does_not_rule_pain_out() -> None:
    assert "does not rule pain out" in sentences.advice(Level.NONE)
    assert "ask" in sentences.advice(Level.NONE).lower()


def test_the_advice_for_severe_pain_is_to_act_now_and_call_for_help() -> None:
    advice = sentences.advice(Level.SEVERE)
    assert "now" in advice
    assert "emergency" in advice


def test_advice_names_no_drug_and_no_dose() -> None:
    for level in LEVELS:
        words = sentences.advice(level).lower()
        for phrase in ("mg", "paracetamol", "ibuprofen", "opioid", "morphine", "dose"):
            assert phrase not in words.split()


@pytest.mark.parametrize("pspi", [-1.0, 17.0])
def test_a_score_off_the_scale_is_not_spoken(pspi: float) -> None:
    with pytest.raises(ValueError, match="from 0 to 16"):
        sentences.spoken_text(Level.MILD, pspi, with_percent=True)
