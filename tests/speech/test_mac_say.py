"""The voices that the program `say` of macOS lists."""

from wince.speech.mac_say import parse_voice_names


def test_voices_are_selected_by_language() -> None:
    listing = (
        "Anna                de_DE    # Hallo! Ich heiße Anna.\n"
        "Eddy (Deutsch)      de_DE    # Hallo!\n"
        "Maged               ar_001   # مرحبا\n"
        "Daniel              en_GB    # Hello!\n"
    ).encode()
    assert parse_voice_names(listing, "de") == ("Anna", "Eddy (Deutsch)")
    assert parse_voice_names(listing, "ar") == ("Maged",)
    assert parse_voice_names(listing, "fr") == ()
