/**
 * The connection of a document to its room: Yjs' protocol, and the service's own acknowledgement of what is durable.
 * Messages and close codes: docs/realtime.md.
 */

import * as decoding from "lib0/decoding";
import * as encoding from "lib0/encoding";
import * as awarenessProtocol from "y-protocols/awareness";
import * as Y from "yjs";

/** @typedef {"connecting" | "saving" | "saved" | "unsaved" | "read-only" | "too-much" | "ended"} State */

const SYNC = 0;
const AWARENESS = 1;
const SAVED = 100;
const ACCESS = 101;
const STEP_1 = 0;
const STEP_2 = 1;
const UPDATE = 2;

/** The server says something three times as often. */
const SILENCE_MS = 60_000;
const FIRST_WAIT_MS = 300;
const LONGEST_WAIT_MS = 10_000;

/** Why there is no sense in coming back. @type {Record<number, string>} */
const FINAL = {
  4401: "You are signed out.",
  4403: "Your role in this note's workspace does not allow this any more.",
  4404: "This note was deleted.",
  4413: "This note is full: what is new is not saved.",
  1009: "What you have written is too much to be saved at once.",
};

/** What is not saved never will be: whoever wrote it gives it up. */
const TOO_MUCH = new Set([1009, 4413]);

/** The service has no room now; it says what for. */
const TRY_LATER = 1013;

export class Connection {
  /**
   * @param {object} options
   * @param {string} options.note
   * @param {Y.Doc} options.doc
   * @param {awarenessProtocol.Awareness} options.awareness
   * @param {import("./unsaved.js").Unsaved} options.unsaved
   * @param {(state: State, reason: string) => void} options.changed
   */
  constructor({ note, doc, awareness, unsaved, changed }) {
    this.address = new URL(`/api/realtime/notes/${note}`, location.href);
    this.address.protocol = this.address.protocol.replace("http", "ws");
    this.doc = doc;
    this.awareness = awareness;
    this.unsaved = unsaved;
    this.changed = changed;
    /** @type {WebSocket | null} */
    this.socket = null;
    this.mayWrite = true;
    /** The room has told what it lacks, and was answered: from now on each edit is sent as it is made. */
    this.told = false;
    /** The room's own edits are here. */
    this.synced = false;
    this.sent = 0;
    this.acknowledged = 0;
    /** What is kept in this browser, and with which update it was sent; 0: not yet. @type {{ key: Promise<number>, number: number }[]} */
    this.kept = [];
    this.wait = FIRST_WAIT_MS;
    this.timer = 0;
    this.silence = 0;
    /** @type {State} */
    this.state = "connecting";
    /** Why there is no connection, where the service has told. */
    this.reason = "";
    /** With which reason the state was entered. */
    this.entered = "";
    /** @type {() => void} */
    this.ready = () => {};
    /** The document is as the room has it. @type {Promise<void>} */
    this.whenSynced = new Promise((resolve) => (this.ready = resolve));
    this.onUpdate = this.onUpdate.bind(this);
    this.onAwareness = this.onAwareness.bind(this);
    this.again = this.again.bind(this);
  }

  /** With the edits of a former page that were never acknowledged. */
  async start() {
    for (const { key, update } of await this.unsaved.all()) {
      Y.applyUpdate(this.doc, update, this);
      this.kept.push({ key: Promise.resolve(key), number: 0 });
    }
    this.doc.on("update", this.onUpdate);
    this.awareness.on("update", this.onAwareness);
    addEventListener("online", this.again);
    this.connect();
  }

  /** Resolved once what is not acknowledged is kept. */
  stop() {
    this.doc.off("update", this.onUpdate);
    this.awareness.off("update", this.onAwareness);
    removeEventListener("online", this.again);
    awarenessProtocol.removeAwarenessStates(this.awareness, [this.doc.clientID], "stop");
    this.state = "ended";
    clearTimeout(this.timer);
    clearTimeout(this.silence);
    this.socket?.close();
    return Promise.all(this.kept.map(({ key }) => key)).then(() => this.unsaved.close());
  }

  /** Whether there is no coming back. */
  isOver() {
    return this.state === "ended" || this.state === "too-much";
  }

  /** Gives up what is not saved. */
  async discard() {
    for (const { key } of this.kept) {
      await this.unsaved.forget(await key);
    }
  }

  connect() {
    const socket = new WebSocket(this.address);
    socket.binaryType = "arraybuffer";
    this.socket = socket;
    this.told = false;
    this.sent = this.acknowledged = 0;
    for (const each of this.kept) {
      each.number = 0;
    }
    socket.addEventListener("open", () => this.comeIn());
    socket.addEventListener("message", ({ data }) => this.hear(new Uint8Array(data)));
    socket.addEventListener("close", ({ code, reason }) => this.leave(code, reason));
    this.watch();
  }

  comeIn() {
    this.send(SYNC, STEP_1, Y.encodeStateVector(this.doc));
    const own = this.awareness.getLocalState();
    if (own !== null) {
      // Twice: the room may have told the others that this client has gone, which counts as once.
      this.awareness.setLocalState({ ...own });
      this.awareness.setLocalState({ ...own });
    }
  }

  /**
   * @param {number} code
   * @param {string} told
   */
  leave(code, told) {
    this.socket = null;
    clearTimeout(this.silence);
    const others = [...this.awareness.getStates().keys()].filter((client) => client !== this.doc.clientID);
    awarenessProtocol.removeAwarenessStates(this.awareness, others, this);
    if (this.isOver()) {
      return;
    }
    const reason = FINAL[code];
    if (reason !== undefined) {
      this.enter(TOO_MUCH.has(code) ? "too-much" : "ended", reason);
      return;
    }
    this.reason = code === TRY_LATER ? told : "";
    this.show();
    // Not all at once after a restart.
    this.timer = setTimeout(this.again, this.wait * (0.5 + Math.random()));
    this.wait = Math.min(2 * this.wait, LONGEST_WAIT_MS);
  }

  again() {
    clearTimeout(this.timer);
    if (this.socket === null && !this.isOver()) {
      this.connect();
    }
  }

  /** @param {Uint8Array} frame */
  hear(frame) {
    this.watch();
    const decoder = decoding.createDecoder(frame);
    switch (decoding.readVarUint(decoder)) {
      case SYNC:
        this.sync(decoding.readVarUint(decoder), decoding.readVarUint8Array(decoder));
        break;
      case AWARENESS:
        awarenessProtocol.applyAwarenessUpdate(this.awareness, decoding.readVarUint8Array(decoder), this);
        break;
      case SAVED:
        this.forget(decoding.readVarUint(decoder));
        break;
      case ACCESS:
        this.mayWrite = decoding.readVarUint(decoder) === 1;
    }
    this.show();
  }

  /**
   * @param {number} step
   * @param {Uint8Array} content
   */
  sync(step, content) {
    if (step === STEP_1) {
      this.told = true;
      this.tell(STEP_2, Y.encodeStateAsUpdate(this.doc, content));
      return;
    }
    Y.applyUpdate(this.doc, content, this);
    if (step === STEP_2) {
      this.synced = true;
      this.wait = FIRST_WAIT_MS;
      this.ready();
    }
  }

  /** All that is kept is in it, or was in an earlier one. @param {number} step @param {Uint8Array} content */
  tell(step, content) {
    this.send(SYNC, step, content);
    this.sent += 1;
    for (const each of this.kept) {
      each.number ||= this.sent;
    }
  }

  /** @param {number} count */
  forget(count) {
    this.acknowledged = count;
    const durable = this.kept.filter(({ number }) => number !== 0 && number <= count);
    this.kept = this.kept.filter((each) => !durable.includes(each));
    for (const { key } of durable) {
      void key.then((known) => this.unsaved.forget(known));
    }
  }

  /**
   * @param {Uint8Array} update
   * @param {unknown} origin
   */
  onUpdate(update, origin) {
    if (origin === this) {
      return;
    }
    this.kept.push({ key: this.unsaved.keep(update), number: 0 });
    if (this.told && this.socket?.readyState === WebSocket.OPEN) {
      this.tell(UPDATE, update);
    }
    this.show();
  }

  /**
   * @param {{ added: number[], updated: number[], removed: number[] }} clients
   * @param {unknown} origin
   */
  onAwareness({ added, updated, removed }, origin) {
    if (origin !== this && [...added, ...updated, ...removed].includes(this.doc.clientID)) {
      this.send(AWARENESS, awarenessProtocol.encodeAwarenessUpdate(this.awareness, [this.doc.clientID]));
    }
  }

  /** @param {(number | Uint8Array)[]} parts */
  send(...parts) {
    if (this.socket?.readyState !== WebSocket.OPEN) {
      return;
    }
    const encoder = encoding.createEncoder();
    for (const part of parts) {
      if (typeof part === "number") {
        encoding.writeVarUint(encoder, part);
      } else {
        encoding.writeVarUint8Array(encoder, part);
      }
    }
    this.socket.send(encoding.toUint8Array(encoder));
  }

  show() {
    if (this.isOver()) {
      return;
    }
    const open = this.socket?.readyState === WebSocket.OPEN && this.synced;
    if (open && !this.mayWrite) {
      this.enter("read-only");
    } else if (open && this.told && this.kept.length === 0 && this.acknowledged === this.sent) {
      this.enter("saved");
    } else if (open && this.told) {
      this.enter("saving");
    } else {
      this.enter(this.kept.length > 0 ? "unsaved" : "connecting", this.reason);
    }
  }

  /**
   * @param {State} state
   * @param {string} [reason]
   */
  enter(state, reason = "") {
    if (state !== this.state || reason !== this.entered) {
      this.state = state;
      this.entered = reason;
      this.changed(state, reason);
    }
  }

  /** A connection that is silent for too long is dead. */
  watch() {
    clearTimeout(this.silence);
    this.silence = setTimeout(() => this.socket?.close(), SILENCE_MS);
  }
}
