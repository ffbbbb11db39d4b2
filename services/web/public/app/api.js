/** Calls of the API. Every failure is an ApiError whose message a person can read. */

/** @typedef {{ id: string, workspace: string, title: string, updated: number }} Summary */
/** @typedef {Summary & { body: string, created: number }} Note */
/** @typedef {{ notes: Summary[], next: string | null }} Page */
/** @typedef {{ path: string, message: string }} FieldError */
/** @typedef {{ tier: string, roundTrip: number, database: number | null, release: string }} Served */

const DEADLINE_MS = 15_000;

export class ApiError extends Error {
  /**
   * @param {number} status 0 where there was no answer
   * @param {string} message
   * @param {FieldError[]} errors
   */
  constructor(status, message, errors = []) {
    super(message);
    this.status = status;
    this.errors = errors;
  }
}

/** @type {(served: Served) => void} */
let notifyAnswer = () => {};

/** @param {(served: Served) => void} listener Called after every answer: who served it, how fast. */
export function onAnswer(listener) {
  notifyAnswer = listener;
}

/**
 * @param {string | null} before The cursor of the page wanted; null for the first page.
 * @returns {Promise<Page>}
 */
export function listNotes(before) {
  return call(before === null ? "/api/notes" : `/api/notes?before=${encodeURIComponent(before)}`);
}

/**
 * @param {string} id
 * @returns {Promise<Note>}
 */
export function readNote(id) {
  return call(`/api/notes/${encodeURIComponent(id)}`);
}

/**
 * @param {{ title: string, body: string, workspace: string }} note
 * @returns {Promise<Note>}
 */
export function createNote(note) {
  return call("/api/notes", {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(note),
  });
}

/**
 * @param {string} path
 * @param {RequestInit} [init]
 */
async function call(path, init = {}) {
  const started = performance.now();
  const response = await fetch(path, { ...init, signal: AbortSignal.timeout(DEADLINE_MS) }).catch(() => {
    throw new ApiError(0, "The server can't be reached. Check the connection.");
  });
  const answer = await response.json().catch(() => null);
  notifyAnswer(servedBy(response.headers, performance.now() - started));
  if (!response.ok || answer === null) {
    throw new ApiError(response.status, answer?.detail ?? `The server answered ${response.status}.`, answer?.errors);
  }
  return answer;
}

/**
 * @param {Headers} headers
 * @param {number} roundTrip
 * @returns {Served}
 */
function servedBy(headers, roundTrip) {
  const database = /\bdb;dur=([\d.]+)/.exec(headers.get("server-timing") ?? "")?.[1];
  return {
    tier: headers.get("x-served-by") ?? "server",
    roundTrip,
    database: database === undefined ? null : Number(database),
    release: headers.get("x-release") ?? "unknown",
  };
}
