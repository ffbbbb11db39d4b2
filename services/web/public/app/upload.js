/** Uploads by tus 1.0: in parts, each with its checksum, going on where the last one ended, after a reload too. */

import { ApiError } from "./api.js";

/** Well below the 100 MB that a request may hold at the edge, and little to send again. */
const PART_BYTES = 8 * 1024 * 1024;
const ATTEMPTS = 6;
const FIRST_WAIT_MS = 500;
const TUS = { "tus-resumable": "1.0.0" };

/** @typedef {{ server: string, file: string }} Stored */

/**
 * @param {File} file
 * @param {object} options
 * @param {string} options.workspace
 * @param {string | null} options.note What it is attached to.
 * @param {(done: number) => void} options.progress Called with the bytes that are safe.
 * @param {AbortSignal} options.signal Pauses it: the same call later goes on.
 * @returns {Promise<Stored>}
 */
export async function upload(file, { workspace, note, progress, signal }) {
  const key = `upload ${workspace} ${note} ${file.name} ${file.size} ${file.lastModified}`;
  let url = localStorage.getItem(key);
  let offset = url === null ? null : await offsetOf(url, signal);
  if (url === null || offset === null) {
    url = await announce(file, workspace, note, signal);
    offset = 0;
    localStorage.setItem(key, url);
  }
  progress(offset);
  do {
    offset = await sendPart(file, url, offset, signal);
    progress(offset);
  } while (offset < file.size);
  localStorage.removeItem(key);
  const [, server = "", id = ""] = /servers\/([^/]+)\/uploads\/([^/]+)$/.exec(url) ?? [];
  return { server, file: id };
}

/**
 * @param {string} url
 * @param {AbortSignal} signal
 * @returns {Promise<number | null>} Null where the upload is not known any more.
 */
async function offsetOf(url, signal) {
  const response = await fetch(url, { method: "HEAD", headers: TUS, signal });
  return response.ok ? Number(response.headers.get("upload-offset")) : null;
}

/**
 * @param {File} file
 * @param {string} workspace
 * @param {string | null} note
 * @param {AbortSignal} signal
 */
async function announce(file, workspace, note, signal) {
  const about = [`filename ${base64(new TextEncoder().encode(file.name))}`];
  if (note !== null) {
    about.push(`note ${base64(new TextEncoder().encode(note))}`);
  }
  const headers = { ...TUS, "upload-length": String(file.size), "upload-metadata": about.join(",") };
  const path = `/api/workspaces/${encodeURIComponent(workspace)}/uploads`;
  const response = await checked(await fetch(path, { method: "POST", headers, signal }));
  return response.headers.get("location") ?? "";
}

/**
 * Sends a part until it has arrived, from wherever the server is.
 * @param {File} file
 * @param {string} url
 * @param {number} offset
 * @param {AbortSignal} signal
 */
async function sendPart(file, url, offset, signal) {
  for (let attempt = 1; ; attempt += 1) {
    try {
      const body = await file.slice(offset, offset + PART_BYTES).arrayBuffer();
      const digest = base64(new Uint8Array(await crypto.subtle.digest("SHA-256", body)));
      const headers = {
        ...TUS,
        "content-type": "application/offset+octet-stream",
        "upload-offset": String(offset),
        "upload-checksum": `sha256 ${digest}`,
      };
      const response = await checked(await fetch(url, { method: "PATCH", headers, body, signal }));
      return Number(response.headers.get("upload-offset"));
    } catch (error) {
      if (signal.aborted || attempt === ATTEMPTS || !isPassing(error)) {
        throw error;
      }
      await new Promise((wake) => setTimeout(wake, FIRST_WAIT_MS * 2 ** attempt * (0.5 + Math.random() / 2)));
      offset = (await offsetOf(url, signal).catch(() => offset)) ?? offset;
    }
  }
}

/** @param {unknown} error Whether it may be gone the next time. */
function isPassing(error) {
  // 409: it is elsewhere than we thought; 423: our own broken request still holds it; 460: changed on the way.
  return !(error instanceof ApiError) || [409, 423, 460, 502, 503, 504].includes(error.status);
}

/** @param {Response} response */
async function checked(response) {
  if (response.ok) {
    return response;
  }
  const problem = await response.json().catch(() => null);
  throw new ApiError(response.status, problem?.detail ?? `The server answered ${response.status}.`);
}

/** @param {Uint8Array} bytes */
function base64(bytes) {
  return btoa(String.fromCharCode(...bytes));
}
