/** Events as they happen: one WebSocket, made again whenever it is lost, for as long as somebody is signed in. */

/** @typedef {{ type: string, id?: string, kind?: string, state?: string, progress?: { done: number, total: number }, error?: string, count?: number }} LiveEvent */
/** @typedef {import("./api.js").Notification} Notification */

/** The server says something three times as often. */
const SILENCE_MS = 60_000;
const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 30_000;
/** The close code of a session that has ended (docs/realtime.md). */
const SIGNED_OUT = 4401;

/** @type {Set<(event: LiveEvent) => void>} */
const listeners = new Set();
/** @type {Set<(notification: Notification) => void>} */
const readers = new Set();
/** The last notification that is here: after an interruption the next ones come first. @type {number | null} */
let seen = null;
/** @type {WebSocket | null} */
let socket = null;
let wanted = false;
/** @type {() => void} */
let ended = () => {};
let ready = false;
let wait = FIRST_WAIT_MS;
let silence = 0;
let retry = 0;

/**
 * The event `ready` says: from now on nothing is missed, so read again what you show.
 * @param {(event: LiveEvent) => void} listener
 * @returns {() => void} Ends it.
 */
export function onEvent(listener) {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** @param {(notification: Notification) => void} reader Gets each notification once, in order. */
export function onNotification(reader) {
  readers.add(reader);
}

/** Whether every event is heard of now. */
export function isReady() {
  return ready;
}

/**
 * @param {boolean} on
 * @param {() => void} signedOut Called when the service says that the session has ended.
 */
export function goLive(on, signedOut) {
  wanted = on;
  ended = signedOut;
  if (!on) {
    seen = null;
  }
  clearTimeout(retry);
  if (!on) {
    socket?.close();
  } else if (socket === null) {
    connect();
  }
}

function connect() {
  const address = new URL("/api/realtime", location.href);
  if (seen !== null) {
    address.searchParams.set("after", String(seen));
  }
  address.protocol = address.protocol.replace("http", "ws");
  const current = new WebSocket(address);
  socket = current;
  current.addEventListener("message", ({ data }) => hear(current, String(data)));
  current.addEventListener("close", ({ code }) => {
    socket = null;
    ready = false;
    clearTimeout(silence);
    if (code === SIGNED_OUT) {
      ended();
    }
    if (wanted) {
      // Not all at once after a restart.
      retry = setTimeout(connect, wait * (0.5 + Math.random()));
      wait = Math.min(2 * wait, LONGEST_WAIT_MS);
    }
  });
  watch(current);
}

/**
 * @param {WebSocket} current
 * @param {string} data
 */
function hear(current, data) {
  watch(current);
  const event = /** @type {LiveEvent} */ (JSON.parse(data));
  if (event.type === "ready") {
    ready = true;
    wait = FIRST_WAIT_MS;
  }
  if (event.type === "notification") {
    const notification = /** @type {Notification} */ (JSON.parse(data));
    seen = notification.id;
    for (const reader of readers) {
      reader(notification);
    }
    return;
  }
  for (const listener of listeners) {
    listener(event);
  }
}

/** @param {WebSocket} current A connection that is silent for too long is dead. */
function watch(current) {
  clearTimeout(silence);
  silence = setTimeout(() => current.close(), SILENCE_MS);
}
