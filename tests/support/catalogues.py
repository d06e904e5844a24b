"""The catalogues of texts as they are in their files, and what no text may say."""

import json
import re
from typing import Any

from wince.speech.languages import CATALOGUES, LANGUAGES

# Phrases that no text may contain, because a low score does not mean that there is no pain.
DENIALS: dict[str, re.Pattern[str]] = {
    code: re.compile(pattern, re.IGNORECASE)
    for code, pattern in {
        "en": r"\b(no|without|any) pain\b(?! expression)|pain-free|free of pain|not in pain",
        "ar": r"(لا|بلا|بدون|دون|أي) ألم|لا يوجد ألم|ليس .{0,15}ألم|لا يتألم|لا يشعر ب.?ألم",
        "es": r"(sin|ningún|no hay|no tiene|no siente|ausencia de) dolor",
        "de": r"\b(kein(e|en|em)?|ohne) schmerz(en)?\b|schmerzfrei|schmerzlos",
        "fr": r"(pas de|aucune|sans|absence de) douleur|ne souffre pas",
    }.items()
}


def read_catalogue(code: str) -> dict[str, Any]:
    """Return the catalogue of a language; a key that is there twice is an error."""
    text = (CATALOGUES / f"{code}.json").read_text("utf-8")
    return json.loads(text, object_pairs_hook=_unique)


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    keys = [key for key, _ in pairs]
    assert len(set(keys)) == len(keys), f"keys that are there twice: {keys}"
    return dict(pairs)


ALL_CATALOGUES = {code: read_catalogue(code) for code in LANGUAGES}


def texts_of(code: str) -> dict[tuple[str, str], str | dict[str, str]]:
    """Return every text of a language by its group and key.

    The groups are "page", where a text may have several plural forms, and those of "speech".
    """
    page = {("page", key): text for key, text in ALL_CATALOGUES[code]["page"].items()}
    speech = {
        (group, key): text
        for group, value in ALL_CATALOGUES[code]["speech"].items()
        for key, text in (value.items() if isinstance(value, dict) else [("", value)])
    }
    return page | speech
