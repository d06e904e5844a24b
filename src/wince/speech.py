"""What is said about a level: the sentence that is spoken, and general advice.

The advice was written by the developers of wince from the rules in docs/advice.md. No clinician
has reviewed it.
"""

from wince.scale import Level, percent

SENTENCES: dict[Level, str] = {
    Level.NONE: "No pain expression seen.",
    Level.MILD: "This person has pain level: mild.",
    Level.MODERATE: "This person has pain level: moderate.",
    Level.SEVERE: "This person has pain level: severe.",
}

ADVICE: dict[Level, str] = {
    Level.NONE: (
        "A calm face does not rule pain out: many people in pain show nothing. "
        "If the person can answer, ask them, and go on watching for other signs."
    ),
    Level.MILD: (
        "Ask the person how they feel, check their position and comfort, and look again in a "
        "while. Tell whoever cares for them if it goes on or grows."
    ),
    Level.MODERATE: (
        "Tell the nurse or carer in charge. Ask the person where it hurts, and check for a cause "
        "that can be put right now: position, pressure, a tube, a full bladder."
    ),
    Level.SEVERE: (
        "Tell the nurse or doctor in charge now and stay with the person. If they are hard to "
        "wake, short of breath, or have chest pain, call for emergency help."
    ),
}

CAUTION = "This reads an expression; it is not a diagnosis."


def sentence(level: Level) -> str:
    """Return the spoken sentence for a level, such as "This person has pain level: moderate."."""
    return SENTENCES[level]


def advice(level: Level) -> str:
    """Return general advice for a level, the caution included."""
    return f"{ADVICE[level]} {CAUTION}"


def spoken(
    level: Level, pspi: float, *, with_percent: bool = False, with_advice: bool = False
) -> str:
    """Return everything that is spoken: the sentence, and on demand percent of scale and advice."""
    parts = [sentence(level)]
    if with_percent:
        parts.append(f"Pain score: {percent(pspi):.0f} percent of the scale.")
    if with_advice:
        parts.append(advice(level))
    return " ".join(parts)
