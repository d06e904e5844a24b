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


# Not all that axe-core returns: what it found in order is long, and slow to pass on.
FIND_VIOLATIONS = """async (root) => {
  const {violations} = await axe.run(root, {resultTypes: ["violations"]});
  return violations;
}"""


def find_barriers(page, root="html"):
    """Return what axe-core finds against WCAG 2.2 AA, and every other serious finding.

    Args:
        page: The page.
        root: Selects the part to look at; a part takes less time than the page.
    """
    from axe_playwright_python.sync_playwright import Axe

    if not page.evaluate("'axe' in window"):  # 550 kB to parse, so once for each page
        page.evaluate(Axe().axe_script)
    page.evaluate(SETTLED)
    violations = page.evaluate(FIND_VIOLATIONS, root)
    return [
        (rule["id"], rule["impact"], [node["html"][:200] for node in rule["nodes"]][:4])
        for rule in violations
        if set(rule["tags"]) & set(WCAG_TAGS) or rule["impact"] in ("serious", "critical")
    ]
