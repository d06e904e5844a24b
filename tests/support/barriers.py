"""What axe-core finds on a page, and the looks in which it is asked."""

WCAG = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
LOOKS = {
    "light desktop": {"color_scheme": "light"},
    "dark phone": {"color_scheme": "dark", "width": 360, "height": 780},
}


def barriers(page):
    """Return what axe-core finds against WCAG 2.2 AA, and whatever else it calls serious."""
    page.wait_for_timeout(300)  # a colour on its way is none of the page's colours
    from axe_playwright_python.sync_playwright import Axe

    found = Axe().run(page).response["violations"]
    return [
        (rule["id"], rule["impact"], [node["html"][:200] for node in rule["nodes"]][:4])
        for rule in found
        if set(rule["tags"]) & set(WCAG) or rule["impact"] in ("serious", "critical")
    ]
