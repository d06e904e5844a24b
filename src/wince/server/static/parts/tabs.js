// Tabs by the ARIA pattern: arrow keys, Home and End move the focus, and moving selects.

/**
 * Connect a tab list with its panels.
 *
 * @param {Element} list
 * @param {(id: string) => void} onChange Called with the id of the selected tab.
 */
export function createTabs(list, onChange) {
  const tabs = [.../** @type {NodeListOf<HTMLElement>} */ (list.querySelectorAll('[role="tab"]'))];

  /**
   * @param {HTMLElement} tab
   * @param {{ focus?: boolean }} [options]
   */
  function select(tab, { focus = false } = {}) {
    if (tab.getAttribute("aria-selected") !== "true") {
      for (const other of tabs) {
        const selected = other === tab;
        other.setAttribute("aria-selected", String(selected));
        other.tabIndex = selected ? 0 : -1;
        const panel = document.getElementById(other.getAttribute("aria-controls") ?? "");
        if (panel) panel.hidden = !selected;
      }
      onChange(tab.id);
    }
    if (focus) tab.focus();
  }

  for (const tab of tabs) tab.addEventListener("click", () => select(tab));
  list.addEventListener("keydown", (event) => {
    const current = tabs.findIndex((tab) => tab === document.activeElement);
    /** @type {Record<string, number>} */
    const targets = {
      ArrowRight: (current + 1) % tabs.length,
      ArrowLeft: (current - 1 + tabs.length) % tabs.length,
      Home: 0,
      End: tabs.length - 1,
    };
    const target = event instanceof KeyboardEvent ? targets[event.key] : undefined;
    if (current < 0 || target === undefined) return;
    event.preventDefault();
    select(tabs[target], { focus: true });
  });

  return {
    /** @param {string} id */
    select(id) {
      const tab = tabs.find((candidate) => candidate.id === id);
      if (tab) select(tab);
    },
  };
}
