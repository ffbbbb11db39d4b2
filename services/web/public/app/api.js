/** Calls of the API. Every failure is an ApiError whose message a person can read. */

/** @typedef {import("../../../contract/manifest.d.ts").Routes} Routes */
/** @typedef {import("../../../contract/manifest.d.ts").NoteSummary} Summary */
/** @typedef {import("../../../contract/manifest.d.ts").FoundNote} FoundNote */
/** @typedef {import("../../../contract/manifest.d.ts").Note} Note */
/** @typedef {import("../../../contract/manifest.d.ts").Workspace} Workspace */
/** @typedef {import("../../../contract/manifest.d.ts").MembershipRow} Member */
/** @typedef {import("../../../contract/manifest.d.ts").Invitation} Invitation */
/** @typedef {Invitation["role"]} RoleName */
/** @typedef {Routes["list_notes"]["answer"]} Page */
/** @typedef {{ user: string, name: string, expires: number }} Account `expires` in unix seconds */
/** @typedef {{ id: string, server: string, state: string }} Export */
/** @typedef {{ id: string, server: string, name: string, size: number, preview: string | null }} AttachedFile */
/** @typedef {{ line: number, message: string }} Fault */
/** @typedef {{ id: string, job: string, name: string, size: number, position: number, state: string }} ImportState */
/** @typedef {ImportState & { notes: number, skipped: number, faults: Fault[] }} Import */
/** @typedef {{ id: string, kind: string, tries: number, error: string | null, finished: number }} DeadJob */
/** @typedef {{ start: number, notes: number }} Week */
/** @typedef {{ notes: number, bytes: number, busiest: Week | null, weeks: Week[] }} Statistics */
/** @typedef {{ id: number, kind: string, subject: string, title: string, actor: string, created: number, read: number | null }} Notification */
/** @typedef {{ path: string, message: string }} FieldError */
/** @typedef {{ name: string, ms: number }} Part Of Server-Timing. */
/**
 * @typedef {object} Served
 * @property {string} call Method and path.
 * @property {number} status
 * @property {string} tier Who answered.
 * @property {number} roundTrip In milliseconds, as the browser sees it.
 * @property {readonly Part[]} parts Of the round trip; each contains those before it.
 * @property {string} release
 */

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
    /** Seconds until it is worth another try. */
    this.retryAfter = 0;
  }
}

/** @type {(served: Served) => void} */
let notifyAnswer = () => {};

/** @param {(served: Served) => void} listener Called after every answer: who served it, how fast. */
export function onAnswer(listener) {
  notifyAnswer = listener;
}

/**
 * @param {Workspace} workspace
 * @param {string | number | null} before The cursor of the page wanted; null for the first page.
 * @returns {Promise<Page>}
 */
export function listNotes(workspace, before) {
  return askNotes(workspace, "notes", { before });
}

/**
 * The notes that have all of the words, the best ones first.
 * @param {Workspace} workspace
 * @param {string} words
 * @param {string | number | null} after
 * @returns {Promise<Routes["search_notes"]["answer"]>}
 */
export function searchNotes(workspace, words, after) {
  return askNotes(workspace, "search", { q: words, after });
}

/**
 * A member asks for the workspace's own notes; anybody else for those of an open one.
 * @param {Workspace} workspace
 * @param {"notes" | "search"} what
 * @param {Record<string, string | number | null>} given
 */
function askNotes({ id, role }, what, given) {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(role === null ? { ...given, workspace: id } : given)) {
    if (value !== null) {
      query.set(name, String(value));
    }
  }
  return call(`${role === null ? "/api" : workspacePath(id)}/${what}?${query}`);
}

/**
 * @param {string | null} workspace A member's; null for a note of an open one.
 * @param {string} id
 * @returns {Promise<Note>}
 */
export function readNote(workspace, id) {
  return call(`${workspace === null ? "/api" : workspacePath(workspace)}/notes/${encodeURIComponent(id)}`);
}

/**
 * @param {Workspace} workspace
 * @param {{ title: string, body: string }} note
 * @param {string} key Makes one note of a request that is sent again.
 * @returns {Promise<Note>}
 */
export function createNote({ id, role }, note, key) {
  const headers = { "idempotency-key": key };
  return role === null
    ? post("/api/notes", { ...note, workspace: id }, headers)
    : post(`${workspacePath(id)}/notes`, note, headers);
}

/**
 * All that the person can see: open ones, and their own.
 * @returns {Promise<Workspace[]>}
 */
export async function listWorkspaces() {
  const all = [];
  /** @type {string | null} */
  let after = null;
  do {
    const page = new URLSearchParams(after === null ? {} : { after });
    /** @type {Routes["list_workspaces"]["answer"]} */
    const { workspaces, next } = await call(`/api/workspaces?${page}`);
    all.push(...workspaces);
    after = next;
  } while (after !== null);
  return all;
}

/** @param {{ id: string, name: string, open: boolean }} workspace */
export function createWorkspace(workspace) {
  return post("/api/workspaces", workspace);
}

/** @param {string} id */
export function joinWorkspace(id) {
  return call(`${workspacePath(id)}/join`, { method: "POST" });
}

/** @param {string} id */
export function leaveWorkspace(id) {
  return call(`${workspacePath(id)}/leave`, { method: "POST" });
}

/**
 * All of them.
 * @param {string} workspace
 * @returns {Promise<Member[]>}
 */
export async function listMembers(workspace) {
  const all = [];
  /** @type {string | null} */
  let after = null;
  do {
    const page = new URLSearchParams(after === null ? {} : { after });
    /** @type {Routes["list_members"]["answer"]} */
    const { members, next } = await call(`${workspacePath(workspace)}/members?${page}`);
    all.push(...members);
    after = next;
  } while (after !== null);
  return all;
}

/**
 * @param {string} workspace
 * @param {string} user
 * @param {RoleName} role
 */
export function changeMember(workspace, user, role) {
  return send("PUT", memberPath(workspace, user), { role });
}

/**
 * @param {string} workspace
 * @param {string} user
 */
export function removeMember(workspace, user) {
  return call(memberPath(workspace, user), { method: "DELETE" });
}

/**
 * @param {string} workspace
 * @param {string} user
 */
function memberPath(workspace, user) {
  return `${workspacePath(workspace)}/members/${encodeURIComponent(user)}`;
}

/**
 * @param {string} workspace
 * @returns {Promise<readonly Invitation[]>}
 */
export async function listInvitations(workspace) {
  return (await call(`${workspacePath(workspace)}/invitations`)).invitations;
}

/**
 * @param {string} workspace
 * @param {RoleName} role
 * @returns {Promise<{ secret: string }>}
 */
export function createInvitation(workspace, role) {
  return post(`${workspacePath(workspace)}/invitations`, { role });
}

/**
 * @param {string} workspace
 * @param {string} id
 */
export function revokeInvitation(workspace, id) {
  return call(`${workspacePath(workspace)}/invitations/${encodeURIComponent(id)}`, { method: "DELETE" });
}

/**
 * @param {string} secret
 * @returns {Promise<{ workspace: string, role: RoleName }>}
 */
export function acceptInvitation(secret) {
  return post("/api/invitations/accept", { secret });
}

/** @param {string} id */
function workspacePath(id) {
  return `/api/workspaces/${encodeURIComponent(id)}`;
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

/**
 * @param {string} workspace
 * @returns {Promise<Statistics>}
 */
export function readStatistics(workspace) {
  return call(`${workspacePath(workspace)}/statistics`);
}

/** @returns {Promise<Routes["read_digest"]["answer"]>} */
export function readDigest() {
  return call("/api/digest");
}

/** @returns {Promise<boolean>} Whether the caller gets it by email. */
export async function readDigestWish() {
  return (await call("/api/me/digest")).wanted === 1;
}

/** @param {boolean} wanted */
export function wishDigest(wanted) {
  return call("/api/me/digest", { method: wanted ? "PUT" : "DELETE" });
}

/** @returns {Promise<{ notifications: Notification[], next: number | null }>} The latest ones. */
export function listNotifications() {
  return call("/api/notifications");
}

/** @param {number} through The id of the last one that was read. */
export function markRead(through) {
  return post("/api/notifications/read", { through });
}

/**
 * @param {string} note
 * @returns {Promise<Export>}
 */
export function createExport(note) {
  return post("/api/exports", { note });
}

/**
 * The caller's own job, an export's among them: its id is the export's.
 * @param {string} id
 * @returns {Promise<{ state: string, error: string | null }>}
 */
export function readJob(id) {
  return call(`/api/jobs/${encodeURIComponent(id)}`);
}

/**
 * @param {{ id: string, workspace: string }} note
 * @returns {Promise<{ files: AttachedFile[] }>}
 */
export function listFiles({ id, workspace }) {
  return call(`/api/workspaces/${encodeURIComponent(workspace)}/notes/${encodeURIComponent(id)}/files`);
}

/** @param {string} path */
export function deleteFile(path) {
  return call(path, { method: "DELETE" });
}

/**
 * @param {string} workspace
 * @returns {Promise<{ imports: Import[] }>}
 */
export function listImports(workspace) {
  return call(`/api/workspaces/${encodeURIComponent(workspace)}/imports`);
}

/**
 * @param {string} workspace
 * @param {{ server: string, file: string }} stored
 */
export function createImport(workspace, { server, file }) {
  const path = `/api/workspaces/${encodeURIComponent(workspace)}/servers/${server}/files/${file}/import`;
  return call(path, { method: "POST" });
}

/**
 * @param {string} workspace
 * @param {string} id
 */
export function cancelImport(workspace, id) {
  return call(`/api/workspaces/${encodeURIComponent(workspace)}/imports/${id}/cancel`, { method: "POST" });
}

/**
 * @param {string} workspace
 * @param {string} id
 */
export function resumeImport(workspace, id) {
  return call(`/api/workspaces/${encodeURIComponent(workspace)}/imports/${id}/resume`, { method: "POST" });
}

/** @returns {Promise<{ jobs: DeadJob[] }>} */
export function listDeadJobs() {
  return call("/api/jobs/dead");
}

/** @param {string} id */
export function replayJob(id) {
  return call(`/api/jobs/${encodeURIComponent(id)}/replay`, { method: "POST" });
}

/**
 * @param {string} path
 * @param {unknown} value
 * @param {Record<string, string>} [headers]
 */
function post(path, value, headers = {}) {
  return send("POST", path, value, headers);
}

/**
 * @param {string} method
 * @param {string} path
 * @param {unknown} value
 * @param {Record<string, string>} [headers]
 */
function send(method, path, value, headers = {}) {
  const typed = { ...headers, "content-type": "application/json" };
  return call(path, { method, headers: typed, body: JSON.stringify(value) });
}

/**
 * Refused for want of a role, it renews the person's access and asks once more: the role may be newer than the token.
 * @param {string} path
 * @param {RequestInit} [init]
 */
async function call(path, init = {}) {
  try {
    return await ask(path, init);
  } catch (error) {
    if (error instanceof ApiError && error.status === 403 && (await accessRenewed())) {
      return ask(path, init);
    }
    throw error;
  }
}

/** @type {Promise<boolean> | null} */
let renewing = null;

function accessRenewed() {
  renewing ??= ask("/api/session", { method: "POST" })
    .then(
      () => true,
      () => false,
    )
    .finally(() => (renewing = null));
  return renewing;
}

/**
 * @param {string} path
 * @param {RequestInit} init
 */
async function ask(path, init) {
  const started = performance.now();
  const response = await fetch(path, { ...init, signal: AbortSignal.timeout(DEADLINE_MS) }).catch(() => {
    throw new ApiError(0, "The server can't be reached. Check the connection.");
  });
  const answer = await response.json().catch(() => null);
  notifyAnswer(served(`${init.method ?? "GET"} ${path.split("?")[0]}`, response, performance.now() - started));
  if (!response.ok || (answer === null && response.status !== 204)) {
    throw new ApiError(response.status, answer?.detail ?? `The server answered ${response.status}.`, answer?.errors);
  }
  return answer;
}

/**
 * @param {string} call
 * @param {Response} response
 * @param {number} roundTrip
 * @returns {Served}
 */
function served(call, { headers, status }, roundTrip) {
  return {
    call,
    status,
    tier: headers.get("x-served-by") ?? "server",
    roundTrip,
    parts: partsOf(headers.get("server-timing") ?? ""),
    release: headers.get("x-release") ?? "unknown",
  };
}

/**
 * @param {string} timing
 * @returns {Part[]}
 */
function partsOf(timing) {
  return [...timing.matchAll(/([\w-]+);dur=([\d.]+)/g)].map(([, name = "", ms]) => ({ name, ms: Number(ms) }));
}
