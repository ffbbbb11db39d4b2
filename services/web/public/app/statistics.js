/** Statistics of a workspace. */

import { readStatistics } from "./api.js";
import { failure, make } from "./dom.js";
import { backLink } from "./note.js";

const NUMBER = new Intl.NumberFormat();
const DAY = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeZone: "UTC" });

/**
 * Shows them in the pane, unless something else is shown by the time they arrive.
 * @param {{ workspace: import("./api.js").Workspace, pane: HTMLElement, moveFocus: boolean, isCurrent: () => boolean }} options
 */
export async function openStatistics({ workspace, pane, moveFocus, isCurrent }) {
  const heading = make("h2", { tabindex: "-1" }, `Statistics of ${workspace.name}`);
  pane.replaceChildren(backLink(), heading, make("p", { class: "quiet" }, "Counting…"));
  if (moveFocus) {
    heading.focus();
  }
  const again = () => void openStatistics({ workspace, pane, moveFocus: true, isCurrent });
  const view = await readStatistics(workspace.id).then(table, (error) =>
    failure("There are no statistics now.", error, again),
  );
  if (isCurrent()) {
    pane.replaceChildren(backLink(), heading, view);
  }
}

/** @param {import("./api.js").Statistics} statistics */
function table({ notes, bytes, busiest, weeks }) {
  const rows = [
    row("Notes", NUMBER.format(notes)),
    row("Size", `${NUMBER.format(Math.ceil(bytes / 1024))} kB`),
    row("Busiest week", busiest === null ? "none" : `${DAY.format(busiest.start)} (${NUMBER.format(busiest.notes)})`),
    row("Latest weeks", weeks.map((week) => NUMBER.format(week.notes)).join(", ") || "none"),
  ];
  // A region of its own, so that a narrow window scrolls the table and not the page.
  const grid = make("table", {}, make("tbody", {}, ...rows));
  return make("div", { class: "scrolled", role: "region", "aria-label": "Statistics", tabindex: "0" }, grid);
}

/**
 * @param {string} name
 * @param {string} value
 */
function row(name, value) {
  return make("tr", {}, make("th", { scope: "row" }, name), make("td", {}, value));
}
