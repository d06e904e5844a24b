// Tabs after the ARIA pattern: arrow keys, Home and End move, and moving chooses.

/** Bring a tab list to life. onChange(id of the tab that was chosen). */
export function createTabs(list, onChange) {
  const tabs = [...list.querySelectorAll('[role="tab"]')];

  function choose(tab, { focus = false } = {}) {
    if (tab.getAttribute("aria-selected") !== "true") {
      for (const other of tabs) {
        const chosen = other === tab;
        other.setAttribute("aria-selected", String(chosen));
        other.tabIndex = chosen ? 0 : -1;
        document.getElementById(other.getAttribute("aria-controls")).hidden = !chosen;
      }
      onChange(tab.id);
    }
    if (focus) tab.focus();
  }

  list.addEventListener("click", (event) => {
    const tab = event.target.closest('[role="tab"]');
    if (tab) choose(tab);
  });
  list.addEventListener("keydown", (event) => {
    const here = tabs.indexOf(document.activeElement);
    const goal = {
      ArrowRight: (here + 1) % tabs.length,
      ArrowLeft: (here - 1 + tabs.length) % tabs.length,
      Home: 0,
      End: tabs.length - 1,
    }[event.key];
    if (here < 0 || goal === undefined) return;
    event.preventDefault();
    choose(tabs[goal], { focus: true });
  });

  return { choose: (id) => choose(document.getElementById(id)) };
}
