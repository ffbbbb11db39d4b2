/** The link of an invitation: kept while who opened it signs in or up. */

import { acceptInvitation } from "./api.js";
import { make, textOf } from "./dom.js";
import { backLink } from "./note.js";

/** In this tab, also over a reload. */
const KEPT = "invitation";

/** What somebody who is signed out is told of it. */
const WORDS = "You are invited to a workspace. Sign in or make an account, then you can join it.";

/**
 * The secret of an invitation's link, of a fragment that has one.
 * @param {string} fragment
 */
export function invitationSecret(fragment) {
  return /^\/invitations\/([\w-]{43})$/.exec(fragment)?.[1] ?? null;
}

/** @param {string} secret Of the link that was opened while nobody was signed in. */
export function keepInvitation(secret) {
  sessionStorage.setItem(KEPT, secret);
}

/** What the forms to sign in and up say; empty where nobody was invited. */
export function invitationWords() {
  return sessionStorage.getItem(KEPT) === null ? "" : WORDS;
}

/** Where somebody who has just signed in goes on. */
export function afterSignIn() {
  const secret = sessionStorage.getItem(KEPT);
  return secret === null ? "#/" : `#/invitations/${secret}`;
}

/**
 * Who opened an invitation's link is asked whether they want to join.
 * @param {{ secret: string, pane: HTMLElement, announce: (text: string) => void, joined: (workspace: string) => void }} options
 */
export function openInvitation({ secret, pane, announce, joined }) {
  sessionStorage.removeItem(KEPT);
  const heading = make("h2", { tabindex: "-1" }, "You are invited to a workspace");
  const join = make("button", { type: "button" }, "Join the workspace");
  const error = make("p", { class: "error", role: "alert" });
  join.addEventListener("click", () => {
    void acceptInvitation(secret).then(
      ({ workspace, role }) => {
        announce(`You are ${role} in ${workspace} now.`);
        joined(workspace);
      },
      (reason) => {
        error.textContent = textOf(reason);
      },
    );
  });
  pane.replaceChildren(backLink(), heading, join, error);
  heading.focus();
}
