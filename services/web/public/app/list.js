/** The list of notes, newest first, or of those found; pages follow as their reader comes near the end. */

import { ApiError } from "./api.js";
import { byId, failure, make, timeOf } from "./dom.js";

/** @typedef {import("./api.js").Summary} Summary */
/** @typedef {import("./api.js").FoundNote} FoundNote */
/** @typedef {string | number | null} Cursor Where a page begins; null for the first one. */
/** @typedef {{ notes: readonly (Summary | FoundNote)[], next: Cursor }} Page */

/** So far before its end comes into view, a list goes on. */
const AHEAD = "200px";

/**
 * @param {object} options
 * @param {(from: Cursor) => Promise<Page>} options.load
 * @param {() => boolean} options.searching Whether it is notes found that `load` gives.
 * @param {(note: Summary | FoundNote) => string} options.address
 * @param {(text: string) => void} options.announce
 */
export function createList({ load, searching, address, announce }) {
  const title = byId("list-title");
  const state = byId("list-state");
  const items = byId("notes");
  const more = byId("more");
  /** @type {Cursor} */
  let next = null;
  /** @type {string | null} */
  let open = null;
  /** @type {string | null} */
  let lastOpen = null;
  let loading = false;
  /** Something else is being said. */
  let silent = false;
  /** Counts the lists begun: a page that comes late may belong to an earlier one. */
  let begun = 0;

  const nearEnd = new IntersectionObserver(
    ([entry]) => {
      // Who goes through the list by Tab has to be able to leave it: there the button waits.
      if (entry?.isIntersecting && !more.matches(":focus-visible") && items.querySelector(":focus-visible") === null) {
        void loadPage(next, false);
      }
    },
    { rootMargin: AHEAD },
  );

  /**
   * @param {Cursor} from
   * @param {boolean} moveFocus To the first note of the page: who presses a button goes on there.
   */
  async function loadPage(from, moveFocus) {
    if (loading) {
      return;
    }
    const number = begun;
    loading = true;
    nearEnd.disconnect();
    items.setAttribute("aria-busy", "true");
    state.replaceChildren(make("p", { class: "quiet" }, "Loading notes…"));
    try {
      const page = await load(from);
      if (number !== begun) {
        return;
      }
      if (from === null) {
        items.replaceChildren();
      }
      next = page.next;
      more.hidden = next === null;
      showPage(page.notes, moveFocus);
    } catch (error) {
      if (number === begun) {
        const what = searching() ? "The notes can't be searched." : "The notes can't be loaded.";
        state.replaceChildren(failure(what, explained(error), () => void loadPage(from, from !== null)));
        if (from === null) {
          items.replaceChildren();
        }
      }
    } finally {
      if (number === begun) {
        loading = false;
        items.removeAttribute("aria-busy");
      }
    }
  }

  /**
   * @param {Page["notes"]} notes
   * @param {boolean} moveFocus
   */
  function showPage(notes, moveFocus) {
    // A note written while the page was loading may be in both.
    const rows = notes.filter((note) => linkOf(note.id) === null).map((note) => row(note, address(note)));
    items.append(...rows);
    state.replaceChildren(...(items.childElementCount === 0 ? [emptyHint(searching())] : []));
    if (!silent) {
      announce(`${rows.length} ${rows.length === 1 ? "note" : "notes"} ${searching() ? "found" : "loaded"}.`);
    }
    silent = false;
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
    /**
     * Begins anew, with the first page; until it is there, the former one stays.
     * @param {boolean} [silently]
     */
    start(silently = false) {
      begun += 1;
      silent = silently;
      loading = false;
      more.hidden = true;
      title.textContent = searching() ? "Notes found" : "Latest notes";
      return loadPage(null, false);
    },
    mark,
    /** Puts the focus where it was before a note was opened. */
    focus() {
      const link = lastOpen === null ? null : linkOf(lastOpen);
      (link instanceof HTMLElement ? link : title).focus();
    },
    /** @param {Summary} note */
    prepend(note) {
      if (searching()) {
        return;
      }
      items.prepend(row(note, address(note)));
      state.replaceChildren();
    },
  };
}

/**
 * @param {Summary | FoundNote} note
 * @param {string} address
 */
function row(note, address) {
  const found = "excerpt" in note;
  return make(
    "li",
    {},
    make("a", { href: address, dir: "auto" }, ...(found ? marked(note.title) : [note.title])),
    ...(found ? [make("span", { class: "excerpt", dir: "auto" }, ...marked(note.excerpt))] : []),
    make("span", { class: "quiet" }, make("span", { class: "workspace" }, note.workspace), timeOf(note.updated)),
  );
}

/** @param {readonly string[]} pieces Each second one matches. */
function marked(pieces) {
  return pieces.map((text, at) => (at % 2 === 1 ? make("mark", {}, text) : text));
}

/**
 * What is wrong with the words that are searched for, if that is it.
 * @param {unknown} error
 */
function explained(error) {
  const [words] = error instanceof ApiError ? error.errors : [];
  return words === undefined ? error : new Error(`What is searched for ${words.message}.`);
}

/** @param {boolean} searching */
function emptyHint(searching) {
  if (searching) {
    return make("p", { class: "quiet" }, "No note has all of these words.");
  }
  const link = make("a", { href: "#/new" }, "Write the first one");
  return make("p", { class: "quiet" }, "There are no notes yet. ", link, ".");
}
