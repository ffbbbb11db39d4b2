/** The list of notes, newest first, page by page. */

import { byId, failure, make, timeOf } from "./dom.js";

/** @typedef {import("./api.js").Summary} Summary */

/**
 * @param {object} options
 * @param {(before: string | null) => Promise<import("./api.js").Page>} options.load
 * @param {(note: Summary) => string} options.address
 * @param {(text: string) => void} options.announce
 */
export function createList({ load, address, announce }) {
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
  /** Counts the lists begun: a page that comes late may belong to an earlier one. */
  let begun = 0;

  /** @param {string | null} before */
  async function loadPage(before) {
    if (loading) {
      return;
    }
    const number = begun;
    loading = true;
    items.setAttribute("aria-busy", "true");
    state.replaceChildren(make("p", { class: "quiet" }, "Loading notes…"));
    try {
      const page = await load(before);
      if (number !== begun) {
        return;
      }
      next = page.next;
      showPage(page.notes, before !== null);
    } catch (error) {
      if (number === begun) {
        state.replaceChildren(failure("The notes can't be loaded.", error, () => void loadPage(before)));
      }
    } finally {
      if (number === begun) {
        loading = false;
        items.removeAttribute("aria-busy");
        more.hidden = next === null;
      }
    }
  }

  /**
   * @param {readonly Summary[]} notes
   * @param {boolean} moveFocus
   */
  function showPage(notes, moveFocus) {
    // A note written while the page was loading may be in both.
    const rows = notes.filter((note) => linkOf(note.id) === null).map((note) => row(note, address(note)));
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
    return items.querySelector(`a[href$="/notes/${CSS.escape(id)}"]`);
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
    /** Begins anew, with the first page. */
    start() {
      begun += 1;
      loading = false;
      items.replaceChildren();
      return loadPage(null);
    },
    mark,
    /** Puts the focus where it was before a note was opened. */
    focus() {
      const link = lastOpen === null ? null : linkOf(lastOpen);
      (link instanceof HTMLElement ? link : byId("list-title")).focus();
    },
    /** @param {Summary} note */
    prepend(note) {
      items.prepend(row(note, address(note)));
      state.replaceChildren();
    },
  };
}

/**
 * @param {Summary} note
 * @param {string} address
 */
function row(note, address) {
  return make(
    "li",
    {},
    make("a", { href: address, dir: "auto" }, note.title),
    make("span", { class: "quiet" }, make("span", { class: "workspace" }, note.workspace), timeOf(note.updated)),
  );
}

function emptyHint() {
  const link = make("a", { href: "#/new" }, "Write the first one");
  return make("p", { class: "quiet" }, "There are no notes yet. ", link, ".");
}
