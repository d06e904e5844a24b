"""Accessibility barriers that axe-core finds on a page, and the displays to test."""

WCAG_TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
DISPLAYS = {
    "light desktop": {"color_scheme": "light"},
    "dark phone": {"color_scheme": "dark", "width": 360, "height": 780},
}


# Two frames, in which transitions begin, and then the end of those that have one.
SETTLED = """async () => {
  for (let frame = 0; frame < 2; frame += 1) {
    await new Promise((resolve) => requestAnimationFrame(resolve));
  }
  const ending = document.getAnimations().filter(
    (animation) => animation.effect.getComputedTiming().endTime !== Infinity);
  await Promise.allSettled(ending.map((animation) => animation.finished));
}"""


def find_barriers(page):
    """Return what axe-core finds against WCAG 2.2 AA, and every other serious finding."""
    from axe_playwright_python.sync_playwright import Axe

    if not page.evaluate("'axe' in window"):  # 550 kB to parse, so once for each page
        page.evaluate(Axe().axe_script)
    page.evaluate(SETTLED)
    violations = page.evaluate("axe.run({resultTypes: ['violations']})")["violations"]
    return [
        (rule["id"], rule["impact"], [node["html"][:200] for node in rule["nodes"]][:4])
        for rule in violations
        if set(rule["tags"]) & set(WCAG_TAGS) or rule["impact"] in ("serious", "critical")
    ]
