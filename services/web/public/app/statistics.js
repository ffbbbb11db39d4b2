/** Statistics of all workspaces. */

import { readStatistics } from "./api.js";
import { failure, make } from "./dom.js";
import { backLink } from "./note.js";

/** @typedef {import("./api.js").WorkspaceStatistics} WorkspaceStatistics */

const NUMBER = new Intl.NumberFormat();
const SHARE = new Intl.NumberFormat(undefined, { style: "percent", maximumFractionDigits: 1 });
const DAY = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeZone: "UTC" });

const HEADS = ["Workspace", "Notes", "Share", "Size", "Busiest week", "Latest weeks"];

/**
 * Shows them in the pane, unless something else is shown by the time they arrive.
 * @param {{ pane: HTMLElement, moveFocus: boolean, isCurrent: () => boolean }} options
 */
export async function openStatistics({ pane, moveFocus, isCurrent }) {
  const heading = make("h2", { tabindex: "-1" }, "Statistics");
  pane.replaceChildren(backLink(), heading, make("p", { class: "quiet" }, "Counting…"));
  if (moveFocus) {
    heading.focus();
  }
  const view = await readStatistics().then(table, (error) =>
    failure("There are no statistics now.", error, () => void openStatistics({ pane, moveFocus: true, isCurrent })),
  );
  if (isCurrent()) {
    pane.replaceChildren(backLink(), heading, view);
  }
}

/** @param {{ workspaces: WorkspaceStatistics[] }} statistics */
function table({ workspaces }) {
  const head = make("tr", {}, ...HEADS.map((name) => make("th", { scope: "col" }, name)));
  const grid = make("table", {}, make("thead", {}, head), make("tbody", {}, ...workspaces.map(row)));
  // A region of its own, so that a narrow window scrolls the table and not the page.
  return make("div", { class: "scrolled", role: "region", "aria-label": "Statistics", tabindex: "0" }, grid);
}

/** @param {WorkspaceStatistics} each */
function row(each) {
  const busiest = `${DAY.format(each.busiest.start)} (${NUMBER.format(each.busiest.notes)})`;
  const weeks = each.weeks.map((week) => NUMBER.format(week.notes)).join(", ");
  const size = `${NUMBER.format(Math.ceil(each.bytes / 1024))} kB`;
  const cells = [NUMBER.format(each.notes), SHARE.format(each.share), size, busiest, weeks];
  return make("tr", {}, make("th", { scope: "row" }, each.workspace), ...cells.map((cell) => make("td", {}, cell)));
}
