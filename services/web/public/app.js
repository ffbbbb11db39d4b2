/** The page: the address's fragment says what is open, the modules in app/ show it. */

import { listNotes, onAnswer } from "./app/api.js";
import { byId } from "./app/dom.js";
import { createEditor } from "./app/editor.js";
import { createList } from "./app/list.js";
import { hintView, openNote } from "./app/note.js";

const main = byId("main");
const pane = byId("pane");
const announcer = byId("announcer");

/** @param {string} text Said to screen readers. */
function announce(text) {
  announcer.textContent = text;
}

const list = createList({ load: listNotes, announce });
const editor = createEditor({
  saved(note) {
    list.prepend(note);
    announce("The note is saved.");
    location.hash = `#/notes/${note.id}`;
  },
});

onAnswer(({ tier, roundTrip, database, release }) => {
  const parts = [`Answered by the ${tier} in ${Math.round(roundTrip)} ms`];
  if (database !== null) {
    parts.push(`database ${Math.round(database)} ms`);
  }
  byId("served").textContent = `${parts.join(", ")}. Release ${release.slice(0, 8)}.`;
});

/** Counts what was shown: an answer that comes late belongs to an earlier number. */
let shown = 0;

/** @param {boolean} moveFocus */
async function show(moveFocus) {
  const number = ++shown;
  const address = location.hash.slice(1);
  const id = address.startsWith("/notes/") ? address.slice("/notes/".length) : null;
  main.dataset["view"] = id !== null || address === "/new" ? "pane" : "list";
  list.mark(id);
  if (address === "/new") {
    document.title = "New note";
    pane.replaceChildren(editor.element);
    editor.focus();
  } else if (id !== null) {
    await openNote({ id, pane, moveFocus, isCurrent: () => number === shown });
  } else {
    document.title = "Notes";
    pane.replaceChildren(hintView());
    if (moveFocus) {
      list.focus();
    }
  }
}

addEventListener("hashchange", () => {
  if (location.hash !== "#main") {
    void show(true);
  }
});
void show(false);
void list.start();
