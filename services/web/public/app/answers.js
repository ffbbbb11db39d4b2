/** The panel below the page: which tier answered each call, and how long each part of it took. */

import { make } from "./dom.js";

/** @typedef {import("./api.js").Served} Served */
/** @typedef {import("./api.js").Part} Part */

const MOST_ROWS = 20;

/** What the tiers call their parts in Server-Timing. @type {Record<string, string>} */
const WORDS = { db: "database", total: "edge" };

/**
 * @param {object} options
 * @param {HTMLElement} options.latest Where the latest answer is told in a sentence.
 * @param {HTMLElement} options.rows Where each call has a row, the latest first.
 * @returns {(served: Served) => void}
 */
export function createAnswers({ latest, rows }) {
  return (served) => {
    latest.textContent = sentence(served);
    rows.prepend(row(served));
    while (rows.childElementCount > MOST_ROWS) {
      rows.lastElementChild?.remove();
    }
  };
}

/** @param {Served} served */
function sentence({ tier, roundTrip, parts, release }) {
  const told = [`Answered by the ${tier} in ${Math.round(roundTrip)} ms`, ...parts.filter(({ name }) => name === "db").map(words)];
  return `${told.join(", ")}. Release ${release.slice(0, 8)}.`;
}

/** @param {Served} served */
function row({ call, status, tier, roundTrip, parts }) {
  return make(
    "tr",
    {},
    make("th", { scope: "row" }, call),
    make("td", {}, String(status)),
    make("td", {}, tier),
    make("td", {}, `${Math.round(roundTrip)} ms`),
    make("td", {}, parts.map(words).join(", ")),
  );
}

/** @param {Part} part */
function words({ name, ms }) {
  return `${WORDS[name] ?? name} ${Math.round(ms)} ms`;
}
