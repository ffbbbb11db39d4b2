/** Calls of the API. Every failure is an ApiError whose message a person can read. */

/** @typedef {{ id: string, workspace: string, title: string, updated: number }} Summary */
/** @typedef {Summary & { body: string, created: number }} Note */
/** @typedef {{ notes: Summary[], next: string | null }} Page */
/** @typedef {{ user: string, name: string, expires: number }} Account `expires` in unix seconds */
/** @typedef {{ id: string, server: string, state: string }} Export */
/** @typedef {{ start: number, notes: number }} Week */
/** @typedef {{ notes: number, bytes: number, share: number, busiest: Week, weeks: Week[] }} Measured */
/** @typedef {Measured & { workspace: string }} WorkspaceStatistics */
/** @typedef {{ id: string, title: string }} Newest */
/** @typedef {{ workspace: string, notes: number, recent: number, newest: Newest }} DigestWorkspace */
/** @typedef {{ workspaces: DigestWorkspace[], refreshed: number | null }} Digest */
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
  return post("/api/notes", note);
}

/**
 * @param {{ email: string, password: string }} credentials
 * @returns {Promise<Account>}
 */
export function signIn(credentials) {
  return post("/api/sign-in", credentials);
}

/**
 * @param {{ name: string, email: string, password: string }} account
 * @returns {Promise<Account>}
 */
export function signUp(account) {
  return post("/api/sign-up", account);
}

/** @returns {Promise<Account>} The account of the session, whose access is renewed. */
export function renewSession() {
  return call("/api/session", { method: "POST" });
}

/** @returns {Promise<null>} */
export function signOut() {
  return call("/api/session", { method: "DELETE" });
}

/** @returns {Promise<{ workspaces: WorkspaceStatistics[] }>} */
export function readStatistics() {
  return call("/api/statistics");
}

/** @returns {Promise<Digest>} */
export function readDigest() {
  return call("/api/digest");
}

/**
 * @param {string} note
 * @returns {Promise<Export>}
 */
export function createExport(note) {
  return post("/api/exports", { note });
}

/**
 * @param {string} id
 * @returns {Promise<Export>}
 */
export function readExport(id) {
  return call(`/api/exports/${encodeURIComponent(id)}`);
}

/**
 * @param {string} path
 * @param {unknown} value
 */
function post(path, value) {
  const headers = { "content-type": "application/json" };
  return call(path, { method: "POST", headers, body: JSON.stringify(value) });
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
  if (!response.ok || (answer === null && response.status !== 204)) {
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
