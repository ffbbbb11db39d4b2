/** The files of a note: listed, images with their previews, sent with progress, deleted. */

import { deleteFile, listFiles } from "./api.js";
import { make, showProgress, textOf } from "./dom.js";
import { onEvent } from "./live.js";
import { upload } from "./upload.js";

const SIZE = new Intl.NumberFormat(undefined, { maximumFractionDigits: 1 });

/** @type {Record<string, string>} */
const PREVIEW_HINTS = { queued: ", its preview is being made", refused: ", no preview can be made" };

/**
 * @param {object} options
 * @param {{ id: string, workspace: string }} options.note
 * @param {Promise<import("./api.js").RoleName | null>} options.role The person's, in the note's workspace.
 * @param {(text: string) => void} options.announce
 */
export function filesControl({ note, role, announce }) {
  const list = make("ul", { class: "files" });
  const input = make("input", { type: "file", id: "attach" });
  const bar = make("progress", { "aria-label": "Upload", max: "1", value: "0", hidden: "" });
  const told = make("p", { class: "quiet", role: "status" });
  const title = make("h3", {}, "Files");
  const label = make("label", { for: "attach" }, "Attach a file");
  const element = make("section", { "aria-label": "Files", hidden: "" }, title, list);
  let writes = false;

  async function load() {
    const { files } = await listFiles(note);
    list.replaceChildren(...files.map(row));
  }

  /** @param {import("./api.js").AttachedFile} file */
  function row(file) {
    const address = `/api/workspaces/${note.workspace}/servers/${file.server}/files/${file.id}`;
    const picture =
      file.preview === "done" ? [make("img", { src: `${address}/preview`, alt: `Preview of ${file.name}` })] : [];
    const link = make("a", { href: address, dir: "auto" }, ...picture, file.name);
    const remove = make("button", { type: "button", class: "plain", "aria-label": `Delete ${file.name}` }, "Delete");
    remove.addEventListener("click", () => void act(() => deleteFile(address), `${file.name} is deleted.`));
    const hint = PREVIEW_HINTS[file.preview ?? ""] ?? "";
    const about = make("span", { class: "quiet" }, ` ${size(file.size)}${hint} `);
    return make("li", {}, link, about, ...(writes ? [remove] : []));
  }

  async function send() {
    const [file] = input.files ?? [];
    if (file === undefined) {
      return;
    }
    bar.hidden = false;
    await act(async () => {
      const progress = (/** @type {number} */ done) => showProgress(bar, { done, total: file.size || 1 });
      const signal = new AbortController().signal;
      await upload(file, { workspace: note.workspace, note: note.id, progress, waiting: tell, signal });
    }, `${file.name} is attached.`);
    bar.hidden = true;
    input.value = "";
  }

  /**
   * @param {() => Promise<unknown>} what
   * @param {string} done
   */
  async function act(what, done) {
    const text = await what().then(
      () => done,
      textOf,
    );
    tell(text);
    await load().catch(() => {});
  }

  /** @param {string} text */
  function tell(text) {
    told.textContent = text;
    announce(text);
  }

  input.addEventListener("change", () => void send());
  /** @param {import("./api.js").RoleName | null} known */
  function show(known) {
    if (known === null) {
      // Who is no member of the workspace sees no files of it.
      element.remove();
      return;
    }
    writes = known !== "viewer";
    element.append(...(writes ? [label, input, bar] : []), told);
    element.hidden = false;
    follow();
    void load().catch(() => element.remove());
  }

  function follow() {
    const stop = onEvent((event) => {
      if (!element.isConnected && list.childElementCount > 0) {
        stop();
      } else if (event.type === "ready" || (event.kind === "preview" && event.state !== "running")) {
        void load().catch(() => {});
        if (event.state === "queued" && event.error !== undefined) {
          tell(event.error);
        }
      }
    });
  }

  void role.then(show, () => element.remove());
  return element;
}

/** @param {number} bytes */
function size(bytes) {
  return bytes < 1024 * 1024 ? `${SIZE.format(bytes / 1024)} kB` : `${SIZE.format(bytes / 1024 / 1024)} MB`;
}
