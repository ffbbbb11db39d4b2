/** The import of notes from a file: sent, then read, each with its progress; both can be stopped and gone on with. */

import { cancelImport, createImport, listImports, resumeImport } from "./api.js";
import { failure, make, showProgress, textOf } from "./dom.js";
import { isReady, onEvent } from "./live.js";
import { backLink } from "./note.js";
import { upload } from "./upload.js";

const POLL_MS = 2_000;
const NUMBER = new Intl.NumberFormat();

/** @type {Record<string, string>} */
const WORDS = {
  queued: "waits for its turn",
  running: "is being read",
  cancelled: "is stopped",
  failed: "has failed",
  done: "is done",
};

/**
 * @param {object} options
 * @param {import("./api.js").Workspace} options.workspace Where the notes go.
 * @param {HTMLElement} options.pane
 * @param {boolean} options.moveFocus
 * @param {(text: string) => void} options.announce
 */
export function openImports({ workspace, pane, moveFocus, announce }) {
  const heading = make("h2", { tabindex: "-1" }, `Import notes into ${workspace.name}`);
  const hint = make("p", { class: "quiet" }, 'A text file with one note a line: {"title": "…", "body": "…", "tags": ["…"]}');
  const input = make("input", { type: "file", id: "import-file" });
  const bar = make("progress", { "aria-label": "Upload", max: "1", value: "0", hidden: "" });
  const pause = make("button", { type: "button", hidden: "" }, "Stop sending");
  const told = make("p", { role: "status" });
  const list = make("ul", { class: "imports" });
  const label = make("label", { for: "import-file" }, "File");
  const element = make("div", {}, heading, hint, label, input, bar, pause, told, list);
  /** @type {AbortController | null} */
  let sending = null;

  async function load() {
    const { imports } = await listImports(workspace.id);
    list.replaceChildren(...imports.map(row));
  }

  /** @param {import("./api.js").Import} each */
  function row(each) {
    const going = each.state === "queued" || each.state === "running";
    const progress = make("progress", { "aria-label": `Import of ${each.name}`, "data-job": each.job });
    showProgress(progress, { done: each.position, total: each.size || 1 });
    const counted = `${NUMBER.format(each.notes)} notes written, ${NUMBER.format(each.skipped)} lines skipped.`;
    const faults = each.faults.map(({ line, message }) => make("li", {}, `Line ${line}: ${message}`));
    return make(
      "li",
      {},
      make("p", {}, make("strong", { dir: "auto" }, each.name), ` ${WORDS[each.state] ?? each.state}. ${counted}`),
      ...(each.state === "done" ? [] : [progress]),
      ...(going ? [button("Cancel", () => cancelImport(workspace.id, each.id))] : []),
      ...(each.state === "cancelled" || each.state === "failed"
        ? [button("Resume", () => resumeImport(workspace.id, each.id))]
        : []),
      ...(faults.length === 0 ? [] : [make("ul", { class: "quiet" }, ...faults)]),
    );
  }

  /**
   * @param {string} name
   * @param {() => Promise<unknown>} action
   */
  function button(name, action) {
    const made = make("button", { type: "button" }, name);
    made.addEventListener("click", () => void action().then(load, tell));
    return made;
  }

  /** @param {unknown} error */
  function tell(error) {
    told.textContent = textOf(error);
    announce(told.textContent);
  }

  async function send() {
    const [file] = input.files ?? [];
    if (file === undefined) {
      return;
    }
    const current = new AbortController();
    sending = current;
    bar.hidden = pause.hidden = false;
    pause.textContent = "Stop sending";
    told.textContent = `${file.name} is being sent.`;
    const progress = (/** @type {number} */ done) => showProgress(bar, { done, total: file.size || 1 });
    try {
      const waiting = (/** @type {string} */ detail) => tell(new Error(detail));
      const place = { workspace: workspace.id, note: null, progress, waiting, signal: current.signal };
      const stored = await upload(file, place);
      await createImport(workspace.id, stored);
      told.textContent = `${file.name} is sent.`;
      bar.hidden = pause.hidden = true;
      await load();
    } catch (error) {
      pause.textContent = "Go on sending";
      if (current.signal.aborted) {
        told.textContent = "Sending is stopped. What was sent is kept for a day.";
      } else {
        tell(error);
      }
    } finally {
      sending = null;
    }
  }

  pause.addEventListener("click", () => (sending === null ? void send() : sending.abort()));
  input.addEventListener("change", () => void send());
  const stop = onEvent((event) => {
    if (event.kind !== "import") {
      return;
    }
    const shown = list.querySelector(`progress[data-job="${event.id}"]`);
    if (event.state === "running" && event.progress !== undefined && shown instanceof HTMLProgressElement) {
      showProgress(shown, event.progress);
    } else {
      void load().catch(tell);
    }
  });
  const polling = setInterval(() => {
    if (!element.isConnected) {
      clearInterval(polling);
      stop();
    } else if (!isReady()) {
      void load().catch(() => {});
    }
  }, POLL_MS);

  pane.replaceChildren(backLink(), element);
  if (moveFocus) {
    heading.focus();
  }
  return load().catch((error) => list.replaceChildren(failure("There are no imports now.", error, () => void load())));
}
