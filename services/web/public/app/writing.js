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

/**
 * @param {string} state
 * @param {string} reason
 */
function wordsFor(state, reason) {
  const words = WORDS[state];
  return words === undefined ? reason : reason === "" ? words : `${words} (The service says: ${reason}.)`;
}

/** @param {() => Promise<void>} discard */
function giveUp(discard) {
  const button = make("button", { type: "button" }, "Give up what is not saved");
  button.addEventListener("click", () => void discard().then(() => location.reload()));
  return button;
}

/** @type {{ close: () => Promise<unknown> } | null} */
let open = null;
/** Whose note that is. */
let place = "";
/** The former one has left what is not saved to this browser. @type {Promise<unknown>} */
let left = Promise.resolve();

/** Ends what is open; what is not saved stays in this browser. */
export function stopWriting() {
  left = open?.close() ?? left;
  open = null;
  place = "";
}

/**
 * Whether this note is open already: it must not be taken from under somebody's fingers.
 * @param {string} note
 * @param {string | null} user
 */
export function isWriting(note, user) {
  return place === `${user} ${note}`;
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
  await left;
  if (!text.isConnected) {
    return;
  }
  const editor = openEditor({
    note,
    user,
    changed(now, reason) {
      const before = state.dataset["state"];
      state.dataset["state"] = now;
      const words = wordsFor(now, reason);
      state.replaceChildren(words, ...(now === "too-much" ? [giveUp(() => editor.discard())] : []));
      if (["unsaved", "too-much", "ended"].includes(now) || (now === "saved" && before === "unsaved")) {
        announce(words);
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
  place = `${user} ${note}`;
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
