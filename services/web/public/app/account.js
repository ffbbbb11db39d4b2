/** Who is signed in, and the forms to sign in and up. */

import { ApiError, renewSession, signIn, signOut, signUp } from "./api.js";
import { make } from "./dom.js";
import { createForm } from "./form.js";
import { invitationWords } from "./invitation.js";
import { backLink } from "./note.js";
import { unreadMark } from "./notifications.js";

/** @typedef {import("./api.js").Account} Account */
/** @typedef {import("./form.js").FieldSpec} FieldSpec */

/** Where the page remembers that somebody is signed in: the tokens themselves are out of its reach. */
const REMEMBERED = "signed-in";

/** Access is renewed so long before it ends. */
const EARLY_MS = 30_000;
/** After a renewal that had no answer, it is tried again. */
const AGAIN_MS = 5_000;

/** @type {FieldSpec} */
const EMAIL = {
  name: "email",
  label: "Email",
  tag: "input",
  attributes: { type: "email", autocomplete: "username", autocapitalize: "none", spellcheck: "false" },
};
/** @type {FieldSpec} */
const NAME = { name: "name", label: "Name", tag: "input", attributes: { autocomplete: "name" } };

/**
 * @param {"current-password" | "new-password"} autocomplete
 * @returns {FieldSpec}
 */
function passwordField(autocomplete) {
  return { name: "password", label: "Password", tag: "input", attributes: { type: "password", autocomplete } };
}

/**
 * @param {object} options
 * @param {HTMLElement} options.place Where the name and the links are shown.
 * @param {(account: Account | null, ended: boolean) => void} options.changed `ended`: by itself, not by the person.
 */
export function createAccount({ place, changed }) {
  /** @type {Account | null} */
  let account = null;
  let timer = 0;

  /**
   * @param {Account | null} next
   * @param {boolean} ended
   */
  function set(next, ended = false) {
    clearTimeout(timer);
    const renewed = next !== null && next.user === account?.user;
    account = next;
    if (next === null) {
      localStorage.removeItem(REMEMBERED);
    } else {
      localStorage.setItem(REMEMBERED, "yes");
      timer = setTimeout(() => void renew(), Math.max(AGAIN_MS, next.expires * 1000 - Date.now() - EARLY_MS));
    }
    if (!renewed) {
      show();
      changed(account, ended);
    }
  }

  /** Signed out only where the server says so: without an answer the session may well go on. */
  async function renew() {
    try {
      set(await renewSession());
    } catch (error) {
      if (error instanceof ApiError && error.status === 401) {
        set(null, account !== null);
      } else {
        timer = setTimeout(() => void renew(), AGAIN_MS);
      }
    }
  }

  function show() {
    if (account === null) {
      place.replaceChildren(make("a", { href: "#/sign-in" }, "Sign in"));
      return;
    }
    const leave = make("button", { type: "button", class: "plain" }, "Sign out");
    leave.addEventListener("click", () => void leaveNow());
    place.replaceChildren(
      make("a", { href: "#/notifications" }, "Notifications", unreadMark()),
      make("a", { href: "#/statistics" }, "Statistics"),
      make("a", { href: "#/import" }, "Import"),
      make("span", { class: "person", dir: "auto" }, account.name),
      leave,
    );
  }

  async function leaveNow() {
    await signOut();
    set(null);
  }

  async function start() {
    // Another tab has signed out: its storage is this one's, too.
    addEventListener("storage", () => {
      if (account !== null && localStorage.getItem(REMEMBERED) === null) {
        set(null);
      }
    });
    show();
    if (localStorage.getItem(REMEMBERED) !== null) {
      await renew();
    }
  }

  const entering = createForm({
    heading: "Sign in",
    fields: [EMAIL, passwordField("current-password")],
    button: { idle: "Sign in", busy: "Signing in…" },
    beside: [make("a", { href: "#/sign-up" }, "Make an account")],
    submit: async ({ email = "", password = "" }) => set(await signIn({ email, password })),
  });
  const joining = createForm({
    heading: "Make an account",
    fields: [NAME, EMAIL, passwordField("new-password")],
    button: { idle: "Make the account", busy: "Making the account…" },
    beside: [make("a", { href: "#/sign-in" }, "I have one")],
    submit: async ({ name = "", email = "", password = "" }) => set(await signUp({ name, email, password })),
  });

  /** @param {typeof entering} form */
  function view(form) {
    const words = invitationWords();
    const told = words === "" ? [] : [make("p", {}, words)];
    return { element: make("div", {}, backLink(), ...told, form.element), focus: form.focus };
  }

  return {
    start,
    renew,
    current: () => account,
    signInView: () => view(entering),
    signUpView: () => view(joining),
  };
}
