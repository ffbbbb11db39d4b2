/** The list of notes, newest first, page by page. */

import { byId, failure, make, timeOf } from "./dom.js";

/** @typedef {import("./api.js").Summary} Summary */

/**
 * @param {object} options
 * @param {(before: string | null) => Promise<import("./api.js").Page>} options.load
 * @param {(text: string) => void} options.announce
 */
export function createList({ load, announce }) {
  const state = byId("list-state");
  const items = byId("notes");
  const more = byId("more");
  /** @type {string | null} */
  let next = null;
  /** @type {string | null} */
  let open = null;
  /** @type {string | null} */
  let lastOpen = null;
  let loading = false;

  /** @param {string | null} before */
  async function loadPage(before) {
    if (loading) {
      return;
    }
    loading = true;
    items.setAttribute("aria-busy", "true");
    state.replaceChildren(make("p", { class: "quiet" }, "Loading notes…"));
    try {
      const page = await load(before);
      next = page.next;
      showPage(page.notes, before !== null);
    } catch (error) {
      state.replaceChildren(failure("The notes can't be loaded.", error, () => void loadPage(before)));
    } finally {
      loading = false;
      items.removeAttribute("aria-busy");
      more.hidden = next === null;
    }
  }

  /**
   * @param {Summary[]} notes
   * @param {boolean} moveFocus
   */
  function showPage(notes, moveFocus) {
    // A note written while the page was loading may be in both.
    const rows = notes.filter((note) => linkOf(note.id) === null).map(row);
    items.append(...rows);
    state.replaceChildren(...(items.childElementCount === 0 ? [emptyHint()] : []));
    announce(`${rows.length} ${rows.length === 1 ? "note" : "notes"} loaded.`);
    if (moveFocus) {
      rows[0]?.querySelector("a")?.focus();
    }
    mark(open);
  }

  /** @param {string} id */
  function linkOf(id) {
    return items.querySelector(`a[href="#/notes/${CSS.escape(id)}"]`);
  }

  /** @param {string | null} id The note that is open, if one is. */
  function mark(id) {
    items.querySelector("[aria-current]")?.removeAttribute("aria-current");
    if (id !== null) {
      linkOf(id)?.setAttribute("aria-current", "true");
      lastOpen = id;
    }
    open = id;
  }

  more.addEventListener("click", () => void loadPage(next));

  return {
    start: () => loadPage(null),
    mark,
    /** Puts the focus where it was before a note was opened. */
    focus() {
      const link = lastOpen === null ? null : linkOf(lastOpen);
      (link instanceof HTMLElement ? link : byId("list-title")).focus();
    },
    /** @param {Summary} note */
    prepend(note) {
      items.prepend(row(note));
      state.replaceChildren();
    },
  };
}

/** @param {Summary} note */
function row(note) {
  return make(
    "li",
    {},
    make("a", { href: `#/notes/${note.id}`, dir: "auto" }, note.title),
    make("span", { class: "quiet" }, make("span", { class: "workspace" }, note.workspace), timeOf(note.updated)),
  );
}

function emptyHint() {
  const link = make("a", { href: "#/new" }, "Write the first one");
  return make("p", { class: "quiet" }, "There are no notes yet. ", link, ".");
}
