/** A note that is open for writing: the editor, who else is there, and whether everything is saved. */

import { make } from "./dom.js";

/** @type {Record<string, string>} */
const WORDS = {
  connecting: "Connecting…",
  saving: "Saving…",
  saved: "Saved",
  unsaved: "Not saved: no connection. What you have written is kept in this browser.",
  "read-only": "You may read this note, not change it.",
};

/** @type {{ close: () => void } | null} */
let open = null;

/** Ends what is open; what is not saved stays in this browser. */
export function stopWriting() {
  open?.close();
  open = null;
}

/**
 * Puts the editor in the place of the note's text as soon as it is there.
 * @param {object} options
 * @param {string} options.note
 * @param {string} options.user
 * @param {HTMLElement} options.heading
 * @param {HTMLElement} options.text
 * @param {(text: string) => void} options.announce
 */
export async function startWriting({ note, user, heading, text, announce }) {
  stopWriting();
  const state = make("p", { class: "quiet state" }, WORDS["connecting"] ?? "");
  const people = make("p", { class: "quiet people", dir: "auto" });
  text.before(state);
  const { openEditor } = await import("/editor.js");
  if (!text.isConnected) {
    return;
  }
  const editor = openEditor({
    note,
    user,
    changed(now, reason) {
      const before = state.dataset["state"];
      state.dataset["state"] = now;
      state.textContent = reason === "" ? (WORDS[now] ?? now) : reason;
      if (now === "unsaved" || now === "ended" || (now === "saved" && before === "unsaved")) {
        announce(state.textContent);
      }
    },
    titled(title) {
      heading.textContent = title.trim() === "" ? "Untitled" : title;
      document.title = heading.textContent;
    },
    present(others) {
      people.textContent = others.length === 0 ? "" : `Also here: ${others.map(({ name }) => name).join(", ")}.`;
    },
  });
  open = editor;
  await editor.start();
  await editor.whenSynced;
  if (open !== editor) {
    return;
  }
  const [titleHost, textHost] = [make("div", { class: "title-editor" }), make("div", { class: "text-editor" })];
  text.replaceWith(titleHost, textHost);
  textHost.before(people);
  heading.classList.add("unseen");
  editor.show(titleHost, textHost);
}
