"""Accessibility barriers that axe-core finds on a page, and the displays to test."""

WCAG_TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
DISPLAYS = {
    "light desktop": {"color_scheme": "light"},
    "dark phone": {"color_scheme": "dark", "width": 360, "height": 780},
}


def find_barriers(page):
    """Return what axe-core finds against WCAG 2.2 AA, and every other serious finding."""
    page.wait_for_timeout(300)  # until colour transitions are over
    from axe_playwright_python.sync_playwright import Axe

    violations = Axe().run(page).response["violations"]
    return [
        (rule["id"], rule["impact"], [node["html"][:200] for node in rule["nodes"]][:4])
        for rule in violations
        if set(rule["tags"]) & set(WCAG_TAGS) or rule["impact"] in ("serious", "critical")
    ]
