/** The editor of a note: its title and its text, shared with whoever else has it open. */

import { defaultKeymap } from "@codemirror/commands";
import { Compartment, EditorState } from "@codemirror/state";
import { EditorView, keymap } from "@codemirror/view";
import { yCollab, yUndoManagerKeymap } from "y-codemirror.next";
import { Awareness } from "y-protocols/awareness";
import * as Y from "yjs";

import { Connection } from "./connection.js";
import { people } from "./people.js";
import { Unsaved } from "./unsaved.js";

/** @typedef {import("./connection.js").State} State */
/** @typedef {{ id: string, name: string }} Person */

const LOOK = EditorView.theme({
  "&": { color: "var(--ink)", backgroundColor: "var(--surface)", border: "1px solid var(--line)", borderRadius: "4px" },
  "&.cm-focused": { outline: "3px solid var(--accent)", outlineOffset: "2px" },
  ".cm-content": { caretColor: "var(--ink)", font: "1rem/1.5 system-ui, sans-serif", padding: "0.5rem" },
  ".cm-line": { padding: "0" },
});
const TITLE_LOOK = EditorView.theme({ ".cm-content": { font: "bold 1.5rem/1.25 system-ui, sans-serif" } });
const TEXT_LOOK = EditorView.theme({ ".cm-content": { minHeight: "12rem" } });

/** What would make a title of more than one line makes none. */
const ONE_LINE = EditorState.transactionFilter.of((change) => (change.newDoc.lines > 1 ? [] : change));

/**
 * @param {object} options
 * @param {string} options.note
 * @param {string} options.user Whose unsaved edits this browser may hold.
 * @param {(state: State, reason: string) => void} options.changed
 * @param {(title: string) => void} options.titled
 * @param {(people: Person[]) => void} options.present
 */
export function openEditor({ note, user, changed, titled, present }) {
  const doc = new Y.Doc();
  const awareness = new Awareness(doc);
  const [title, text] = [doc.getText("title"), doc.getText("body")];
  const writable = new Compartment();
  let mayWrite = true;
  /** @type {EditorView[]} */
  const views = [];
  const connection = new Connection({
    note,
    doc,
    awareness,
    unsaved: new Unsaved(user, note),
    changed(state, reason) {
      const allowed = state !== "read-only" && !connection.isOver();
      // A view that is being written in must not be touched: only the room's word may end that.
      for (const view of allowed === mayWrite ? [] : views) {
        view.dispatch({ effects: writable.reconfigure(EditorView.editable.of(allowed)) });
      }
      mayWrite = allowed;
      changed(state, reason);
    },
  });
  title.observe(() => titled(title.toString()));
  awareness.on("change", () => present(others(awareness)));

  const undo = new Y.UndoManager([title, text]);
  /**
   * @param {HTMLElement} host
   * @param {Y.Text} shared
   * @param {string} label
   * @param {import("@codemirror/state").Extension} more
   */
  function show(host, shared, label, more) {
    // In a shadow root styles are adopted objects, which the page's policy allows; a <style> element it would not.
    const root = host.shadowRoot ?? host.attachShadow({ mode: "open" });
    const state = EditorState.create({
      doc: shared.toString(),
      extensions: [
        keymap.of([...yUndoManagerKeymap, ...defaultKeymap]),
        yCollab(shared, null, { undoManager: undo }),
        people(shared, awareness),
        writable.of(EditorView.editable.of(mayWrite)),
        EditorView.contentAttributes.of({ "aria-label": label, dir: "auto" }),
        EditorView.lineWrapping,
        LOOK,
        more,
      ],
    });
    views.push(new EditorView({ state, parent: root, root }));
  }

  return {
    /** The document is as the room has it: time to show it. */
    whenSynced: connection.whenSynced,
    start: () => connection.start(),
    discard: () => connection.discard(),
    /**
     * @param {HTMLElement} titleHost
     * @param {HTMLElement} textHost
     */
    show(titleHost, textHost) {
      show(titleHost, title, "Title", [TITLE_LOOK, ONE_LINE]);
      show(textHost, text, "Text", TEXT_LOOK);
      titled(title.toString());
    },
    close() {
      for (const view of views) {
        view.destroy();
      }
      const kept = connection.stop();
      awareness.destroy();
      doc.destroy();
      return kept;
    },
  };
}

/**
 * Who else is here, each person once.
 * @param {Awareness} awareness
 * @returns {Person[]}
 */
function others(awareness) {
  /** @type {Map<string, Person>} */
  const found = new Map();
  for (const [client, { user }] of awareness.getStates()) {
    if (client !== awareness.clientID && typeof user?.id === "string") {
      found.set(user.id, { id: user.id, name: String(user.name) });
    }
  }
  return [...found.values()];
}
