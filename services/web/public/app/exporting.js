/** The export of a note: a job in the background whose state is shown as it changes. */

import { createExport, readJob } from "./api.js";
import { make, showProgress, textOf } from "./dom.js";
import { isReady, onEvent } from "./live.js";

/** `error`: what its owner is told. @typedef {{ state: string, error?: string | null | undefined }} JobState */

/** How often to ask while events can't be heard. */
const POLL_MS = 2_000;

/** @type {Record<string, string>} */
const WORDS = {
  queued: "The export waits for its turn.",
  running: "The export is being made.",
  done: "The export is done.",
  refused: "The export has failed.",
  dead: "The export has failed.",
  cancelled: "The export is cancelled.",
};

/**
 * @param {string} note
 * @param {(text: string) => void} announce
 */
export function exportControl(note, announce) {
  const start = make("button", { type: "button", class: "plain" }, "Export as PDF");
  const shown = make("p", { class: "quiet export" });
  const element = make("div", { class: "exporting" }, start, shown);
  const bar = make("progress", { "aria-label": "Export" });
  /** @type {string | null} */
  let id = null;
  let server = "";
  let state = "";
  let told = "";
  /** What events said before the answer to our request came. @type {Map<string, JobState>} */
  const heard = new Map();

  /** @param {JobState} now */
  function show({ state: next, error }) {
    const text = [WORDS[next] ?? next, ...(error ? [error] : [])].join(" ");
    if (next === state && text === told) {
      return;
    }
    state = next;
    told = text;
    const link = make("a", { href: `/api/servers/${server}/exports/${id}/file`, download: "" }, "Download the PDF");
    shown.replaceChildren(text, ...(next === "done" ? [" ", link, "."] : next === "running" ? [" ", bar] : []));
    start.setAttribute("aria-disabled", String(isPending()));
    announce(text);
  }

  function isPending() {
    return state === "queued" || state === "running";
  }

  async function read() {
    if (id !== null && isPending()) {
      show(await readJob(id));
    }
  }

  async function begin() {
    if (isPending()) {
      return;
    }
    try {
      state = "queued";
      start.setAttribute("aria-disabled", "true");
      ({ id, server } = await createExport(note));
      bar.removeAttribute("value");
      state = "";
      show(heard.get(id) ?? { state: "queued" });
    } catch (error) {
      state = "";
      start.removeAttribute("aria-disabled");
      shown.replaceChildren(textOf(error));
      announce(shown.textContent ?? "");
    }
  }

  start.addEventListener("click", () => void begin());
  const stop = onEvent((event) => {
    if (event.type === "job" && event.id !== undefined && event.state !== undefined) {
      const now = { state: event.state, error: event.error };
      heard.set(event.id, now);
      if (event.id === id) {
        show(now);
        showProgress(bar, event.progress);
      }
    } else if (event.type === "ready") {
      void read().catch(() => {});
    }
  });
  const polling = setInterval(() => {
    if (!element.isConnected) {
      clearInterval(polling);
      stop();
    } else if (!isReady()) {
      void read().catch(() => {});
    }
  }, POLL_MS);
  return element;
}
