// The constants that Python and the page share. `python -m tools.page.write_constants` writes them.

export { default as constants } from "./constants.json" with { type: "json" };
