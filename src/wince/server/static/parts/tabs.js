// Tabs by the ARIA pattern: arrow keys, Home and End move the focus, and moving selects.

/** @import { Draw, State } from "../state.js" */

/**
 * Connect a tab list with its panels. The id of the tab `live` is "tab-live".
 *
 * @param {Element} list
 * @param {(tab: State["tab"]) => void} onSelect
 * @returns {Draw}
 */
export function createTabs(list, onSelect) {
  const tabs = [.../** @type {NodeListOf<HTMLElement>} */ (list.querySelectorAll('[role="tab"]'))];
  /** @param {HTMLElement} tab */
  const nameOf = (tab) => /** @type {State["tab"]} */ (tab.id.replace("tab-", ""));
  for (const tab of tabs) tab.addEventListener("click", () => onSelect(nameOf(tab)));

  list.addEventListener("keydown", (event) => {
    const current = tabs.findIndex((tab) => tab === document.activeElement);
    const isRightToLeft = getComputedStyle(list).direction === "rtl";
    const step = isRightToLeft ? -1 : 1;
    /** @type {Record<string, number>} */
    const targets = {
      ArrowRight: (current + step + tabs.length) % tabs.length,
      ArrowLeft: (current - step + tabs.length) % tabs.length,
      Home: 0,
      End: tabs.length - 1,
    };
    const target = event instanceof KeyboardEvent ? targets[event.key] : undefined;
    if (current < 0 || target === undefined) return;
    event.preventDefault();
    onSelect(nameOf(tabs[target]));
    tabs[target].focus();
  });

  return (state) => {
    for (const tab of tabs) {
      const isSelected = nameOf(tab) === state.tab;
      if ((tab.getAttribute("aria-selected") === "true") === isSelected) continue;
      tab.setAttribute("aria-selected", String(isSelected));
      tab.tabIndex = isSelected ? 0 : -1;
      const panel = document.getElementById(tab.getAttribute("aria-controls") ?? "");
      if (panel) panel.hidden = !isSelected;
    }
  };
}
