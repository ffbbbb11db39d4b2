/** Edits that no server has acknowledged yet, kept in this browser: they outlive a reload, a crash, a day offline. */

import { fromBase64, toBase64 } from "lib0/buffer";
import * as idb from "lib0/indexeddb";

/** @typedef {{ place: string, update: Uint8Array }} Kept */

const DATABASE = "shoreline-unsaved";
const STORE = "updates";

/** The edits of one person in one note. */
export class Unsaved {
  /**
   * @param {string} user
   * @param {string} note
   */
  constructor(user, note) {
    this.place = `${user} ${note}`;
    this.database = idb.openDB(DATABASE, (db) => idb.createStores(db, [[STORE, { autoIncrement: true }]]));
    /** What is on its way into the database. @type {Set<Uint8Array>} */
    this.underWay = new Set();
    this.leave = this.leave.bind(this);
    addEventListener("pagehide", this.leave);
  }

  /** The database is too slow for a page that goes; local storage is written at once. */
  leave() {
    for (const update of this.underWay) {
      localStorage.setItem(`unsaved ${this.place} ${crypto.randomUUID()}`, toBase64(update));
    }
  }

  /** Takes over what a page had to leave in local storage. */
  async takeOver() {
    for (const name of Object.keys(localStorage).filter((each) => each.startsWith(`unsaved ${this.place} `))) {
      await this.keep(fromBase64(localStorage.getItem(name) ?? ""));
      localStorage.removeItem(name);
    }
  }

  /** @returns {Promise<{ key: number, update: Uint8Array }[]>} */
  async all() {
    await this.takeOver();
    const all = await idb.getAllKeysValues(await this.store("readonly"));
    return all
      .filter(({ v }) => /** @type {Kept} */ (v).place === this.place)
      .map(({ k, v }) => ({ key: /** @type {number} */ (k), update: /** @type {Kept} */ (v).update }));
  }

  /**
   * @param {Uint8Array} update
   * @returns {Promise<number>} Its key, once it is kept.
   */
  async keep(update) {
    this.underWay.add(update);
    const kept = /** @type {any} */ ({ place: this.place, update });
    const key = await idb.addAutoKey(await this.store("readwrite"), kept);
    this.underWay.delete(update);
    return key;
  }

  /** @param {number} key */
  async forget(key) {
    await idb.del(await this.store("readwrite"), key);
  }

  /** @param {"readonly" | "readwrite"} access */
  async store(access) {
    const [store] = idb.transact(await this.database, [STORE], access);
    return /** @type {IDBObjectStore} */ (store);
  }

  async close() {
    removeEventListener("pagehide", this.leave);
    (await this.database).close();
  }
}
