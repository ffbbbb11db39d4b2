/** Uploads by tus 1.0: in parts, each with its checksum, going on where the last one ended, after a reload too. */

import { ApiError } from "./api.js";

/** Well below the 100 MB that a request may hold at the edge, and little to send again. */
const PART_BYTES = 8 * 1024 * 1024;
const ATTEMPTS = 6;
const FIRST_WAIT_MS = 500;
/** Where a server whose disk is full doesn't say when to come again. */
const FULL_WAIT_SECONDS = 30;
const FULL = 507;
const TUS = { "tus-resumable": "1.0.0" };

/** @typedef {{ server: string, file: string }} Stored */

/**
 * @param {File} file
 * @param {object} options
 * @param {string} options.workspace
 * @param {string | null} options.note What it is attached to.
 * @param {(done: number) => void} options.progress Called with the bytes that are safe.
 * @param {(detail: string) => void} options.waiting Called when it waits for room on the server, with the reason.
 * @param {AbortSignal} options.signal Pauses it: the same call later goes on.
 * @returns {Promise<Stored>}
 */
export async function upload(file, { workspace, note, progress, waiting, signal }) {
  const key = `upload ${workspace} ${note} ${file.name} ${file.size} ${file.lastModified}`;
  let url = localStorage.getItem(key);
  const sent = url === null ? null : await offsetOf(url, signal);
  if (url === null || sent === null) {
    url = await onceThereIsRoom(() => announce(file, workspace, note, signal), waiting, signal);
    localStorage.setItem(key, url);
  }
  const address = url;
  let offset = sent ?? 0;
  progress(offset);
  do {
    offset = await onceThereIsRoom(() => sendPart(file, address, offset, signal), waiting, signal);
    progress(offset);
  } while (offset < file.size);
  localStorage.removeItem(key);
  const [, server = "", id = ""] = /servers\/([^/]+)\/uploads\/([^/]+)$/.exec(address) ?? [];
  return { server, file: id };
}

/**
 * Does it again as long as the server's disk is full.
 * @template Result
 * @param {() => Promise<Result>} action
 * @param {(detail: string) => void} waiting
 * @param {AbortSignal} signal
 * @returns {Promise<Result>}
 */
async function onceThereIsRoom(action, waiting, signal) {
  for (;;) {
    try {
      return await action();
    } catch (error) {
      if (!(error instanceof ApiError) || error.status !== FULL) {
        throw error;
      }
      waiting(error.message);
      await pause(1000 * error.retryAfter, signal);
    }
  }
}

/**
 * @param {number} milliseconds
 * @param {AbortSignal} signal Ends it with an error.
 */
async function pause(milliseconds, signal) {
  const stopped = new Promise((_, fail) => signal.addEventListener("abort", () => fail(signal.reason), { once: true }));
  await Promise.race([stopped, new Promise((wake) => setTimeout(wake, milliseconds))]);
  signal.throwIfAborted();
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
  const error = new ApiError(response.status, problem?.detail ?? `The server answered ${response.status}.`);
  error.retryAfter = Number(response.headers.get("retry-after")) || FULL_WAIT_SECONDS;
  throw error;
}

/** @param {Uint8Array} bytes */
function base64(bytes) {
  return btoa(String.fromCharCode(...bytes));
}
