"""A catalogue without Latin letters, which shows what on the page is not from the catalogue.

In the catalogue that the page gets every letter is another one, so a Latin letter that is left on
the page is from somewhere else.
"""

import json
import re

from tests.support.catalogues import ALL_CATALOGUES
from wince.speech.languages import LANGUAGES

CODE = "de"  # any language but English; its plural rules have two forms
LETTER = "ж"

NAMES = re.compile(
    r"wince(?:-starter)?(?: \d+\.\d+\.\d+)?|AU\d+|PSPI|max\(|face\.jpg|fake_device_\d|"
    r"\d+\. \w+ \d{4} um |"  # a date, as the browser writes it in German
    + "|".join(language.name for language in LANGUAGES.values())
)
"""Names that are the same in every language, and what the tests themselves enter."""

# Every text and every attribute that is shown or read aloud, also of what is hidden at present.
# What is marked as another language is left out: the names of languages, and what is in English. So
# are the names of cameras and voices, which the machine has.
WALK = """() => {
  const attributes = ["aria-label", "aria-description", "aria-valuetext", "aria-roledescription",
    "alt", "placeholder", "title"];
  const language = document.documentElement.lang;
  const isOurs = (element) =>
    element.closest("[lang]").lang === language && !element.matches("#camera > *, optgroup > *");
  const texts = [["title", document.title]];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    if (isOurs(node.parentElement)) texts.push([node.parentElement.outerHTML, node.data]);
  }
  for (const element of document.body.querySelectorAll("*")) {
    if (!isOurs(element)) continue;
    for (const name of attributes) {
      const text = element.getAttribute(name);
      if (text) texts.push([element.outerHTML, text]);
    }
  }
  return texts.map(([source, text]) => [source.slice(0, 160), text]);
}"""


def without_latin_letters(value):
    """Return a text, or every text of a catalogue's section, with other letters."""
    if isinstance(value, dict):
        return {key: without_latin_letters(text) for key, text in value.items()}
    parts = re.split(r"(\{\w+\})", value)
    return "".join(
        part if part.startswith("{") else re.sub(r"[^\W\d_]", LETTER, part) for part in parts
    )


def other_letters_script():
    """Return a script with which the page gets a catalogue without Latin letters.

    Open the page with `?language=de`.
    """
    catalogue = ALL_CATALOGUES[CODE]
    other = {**catalogue} | {
        section: without_latin_letters(catalogue[section]) for section in ("speech", "page")
    }
    return f"""const ask = window.fetch;
      window.fetch = (...given) => String(given[0]).endsWith("/texts/{CODE}.json")
        ? Promise.resolve(new Response({json.dumps(json.dumps(other))})) : ask(...given);"""


def texts_from_elsewhere(page):
    """Return what is on the page and not from its catalogue, with the element that has it.

    It is one text for each, so that pytest shows all of them.
    """
    return "\n".join(
        f"{text.strip()!r} in {source}"
        for source, text in page.evaluate(WALK)
        if re.search(r"[A-Za-z]", NAMES.sub("", text))
    )
