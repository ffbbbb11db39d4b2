/** The list of notes, newest first; pages follow as their reader comes near the end. */

import { byId, failure, make, timeOf } from "./dom.js";

/** @typedef {import("./api.js").Summary} Summary */

/** So far before its end comes into view, a list goes on. */
const AHEAD = "200px";

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

  const nearEnd = new IntersectionObserver(
    ([entry]) => {
      // Who goes through the list by Tab has to be able to leave it: there the button waits.
      if (entry?.isIntersecting && byId("list").querySelector(":focus-visible") === null) {
        void loadPage(next, false);
      }
    },
    { rootMargin: AHEAD },
  );

  /**
   * @param {string | null} before
   * @param {boolean} moveFocus To the first note of the page: who presses a button goes on there.
   */
  async function loadPage(before, moveFocus) {
    if (loading) {
      return;
    }
    const number = begun;
    loading = true;
    nearEnd.disconnect();
    items.setAttribute("aria-busy", "true");
    state.replaceChildren(make("p", { class: "quiet" }, "Loading notes…"));
    try {
      const page = await load(before);
      if (number !== begun) {
        return;
      }
      next = page.next;
      more.hidden = next === null;
      showPage(page.notes, moveFocus);
    } catch (error) {
      if (number === begun) {
        state.replaceChildren(failure("The notes can't be loaded.", error, () => void loadPage(before, before !== null)));
      }
    } finally {
      if (number === begun) {
        loading = false;
        items.removeAttribute("aria-busy");
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
    // Anew: a page may not have filled the window.
    nearEnd.observe(more);
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

  more.addEventListener("click", () => void loadPage(next, true));

  return {
    /** Begins anew, with the first page. */
    start() {
      begun += 1;
      loading = false;
      more.hidden = true;
      items.replaceChildren();
      return loadPage(null, false);
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
