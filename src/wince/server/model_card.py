"""The model card of the model in use, as a page for people."""

from typing import TYPE_CHECKING

from markdown_it import MarkdownIt
from markupsafe import Markup

from wince import file_names
from wince.html_templates import render
from wince.server import problems

if TYPE_CHECKING:
    from wince.runtime.estimator import Estimator


def render_model_card(estimator: "Estimator", *, static: str = "/static/") -> str:
    """Return the model card as HTML. HTML that the card itself contains is shown as text.

    Args:
        estimator: The model, whose folder has the card as Markdown.
        static: Address of the page's files.

    Raises:
        ProblemError: The folder has no card that can be read.
    """
    path = estimator.folder / file_names.MODEL_CARD
    try:
        text = path.read_text("utf-8")
    except (OSError, UnicodeDecodeError):
        raise problems.ProblemError(
            "not-found",
            f"The model {estimator.model['name']} has no model card. `wince export` writes one.",
        ) from None
    markdown = MarkdownIt("commonmark", {"html": False}).enable("table")
    # Everything in the card was escaped by the renderer.
    card = Markup(markdown.render(text))  # noqa: S704
    title = estimator.model["name"]
    return render("wince.server", "model_card.html", title=title, card=card, static=static)
