/** The page: the address's fragment says what is open, the modules in app/ show it. */

import { createAccount } from "./app/account.js";
import { createAnswers } from "./app/answers.js";
import { listNotes, onAnswer, searchNotes } from "./app/api.js";
import { openDeadJobs } from "./app/dead.js";
import { createDigest } from "./app/digest.js";
import { byId, make } from "./app/dom.js";
import { createEditor } from "./app/editor.js";
import { openImports } from "./app/importing.js";
import { afterSignIn, invitationSecret, keepInvitation, openInvitation } from "./app/invitation.js";
import { createList } from "./app/list.js";
import { goLive } from "./app/live.js";
import { openMembers } from "./app/members.js";
import { createWorkspaceForm } from "./app/new-workspace.js";
import { backLink, hintView, noteAddress, openNote } from "./app/note.js";
import { openNotifications, showUnread } from "./app/notifications.js";
import { createSearch } from "./app/search.js";
import { openStatistics } from "./app/statistics.js";
import { createWorkspaces } from "./app/workspaces.js";
import { stopWriting } from "./app/writing.js";

const main = byId("main");
const pane = byId("pane");
const announcer = byId("announcer");

/** @param {string} text Said to screen readers. */
function announce(text) {
  announcer.textContent = text;
}

/** @type {(workspace: import("./app/api.js").Workspace, id: string) => string} */
const addressOf = ({ id: workspace, role }, id) =>
  role === null ? `#/notes/${id}` : `#/workspaces/${workspace}/notes/${id}`;

const searching = () => search.words() !== "";
const search = createSearch(() => void list.start());
const list = createList({
  load: (from) => (searching() ? searchNotes(workspaces.chosen(), search.words(), from) : listNotes(workspaces.chosen(), from)),
  searching,
  address: (note) => addressOf(workspaces.chosen(), note.id),
  announce,
});
const workspaces = createWorkspaces({
  place: byId("workspaces"),
  changed(byHand) {
    // What it follows from is said: signed in, a member.
    void list.start(!byHand);
    if (/^#\/(members|statistics|import)$/.test(location.hash)) {
      void show(false);
    }
  },
  announce,
});
const digest = createDigest({ signedIn: () => account.current() !== null, announce });
const editor = createEditor({
  workspace: workspaces.chosen,
  saved(note, workspace) {
    list.prepend(note);
    announce("The note is saved.");
    location.hash = addressOf(workspace, note.id);
  },
});
const workspaceForm = createWorkspaceForm(async (id) => {
  await workspaces.enter(id);
  announce("The workspace is made.");
  location.hash = "#/";
});
const account = createAccount({
  place: byId("account"),
  changed(now, ended) {
    goLive(now !== null, account.renew);
    announce(now === null ? (ended ? "Your session has ended." : "You are signed out.") : `Signed in as ${now.name}.`);
    void workspaces.show(now?.user ?? null).catch((error) => announce(String(error)));
    if (now !== null && /^#\/sign-(in|up)$/.test(location.hash)) {
      location.hash = afterSignIn();
    } else {
      void show(false);
    }
  },
});

showUnread(announce);
onAnswer(createAnswers({ latest: byId("served"), rows: byId("answers") }));

/** Counts what was shown: an answer that comes late belongs to an earlier number. */
let shown = 0;

/** @param {boolean} moveFocus */
async function show(moveFocus) {
  const number = ++shown;
  const isCurrent = () => number === shown;
  const fragment = location.hash.slice(1);
  const address = noteAddress(fragment);
  list.mark(address?.id ?? null);
  if (address !== null) {
    main.dataset["view"] = "pane";
    const user = account.current()?.user ?? null;
    const { roleIn } = workspaces;
    await openNote({ address, pane, moveFocus, isCurrent, announce, user, roleIn, signInView: account.signInView });
    return;
  }
  const secret = invitationSecret(fragment);
  const open = secret === null ? views[fragment] : () => showInvitation(secret);
  stopWriting();
  main.dataset["view"] = open === undefined ? "list" : "pane";
  if (open === undefined) {
    document.title = "Notes";
    pane.replaceChildren(hintView(), digest.element);
    void digest.load();
    if (moveFocus) {
      list.focus();
    }
  } else {
    await open(moveFocus, isCurrent);
  }
}

/** @typedef {(moveFocus: boolean, isCurrent: () => boolean) => unknown} View */
/** @typedef {{ workspace: import("./app/api.js").Workspace, pane: HTMLElement, moveFocus: boolean, isCurrent: () => boolean, announce: (text: string) => void }} Opening */

/**
 * A view of the chosen workspace. What the person's role does not allow there is said, not asked for.
 * @param {string} title
 * @param {"viewer" | "editor"} least
 * @param {(opening: Opening) => unknown} open
 * @returns {View}
 */
function ofChosen(title, least, open) {
  return async (moveFocus, isCurrent) => {
    document.title = title;
    if (account.current() === null) {
      showForm(title, account.signInView());
      return;
    }
    await workspaces.settled();
    if (!isCurrent()) {
      return;
    }
    const workspace = workspaces.chosen();
    const { name, role } = workspace;
    if (role !== null && (role !== "viewer" || least === "viewer")) {
      await open({ workspace, pane, moveFocus, isCurrent, announce });
      return;
    }
    const heading = make("h2", { tabindex: "-1" }, title);
    const why = role === null ? `You are no member of ${name}.` : `You may read ${name}, not change it.`;
    pane.replaceChildren(backLink(), heading, make("p", {}, why, " Another workspace is chosen above the list of notes."));
    if (moveFocus) {
      heading.focus();
    }
  };
}

/** What else the fragment may name. @type {Record<string, View>} */
const views = {
  "/new": () =>
    account.current() === null ? showForm("Sign in to write", account.signInView()) : showForm("New note", editor),
  "/new-workspace": () =>
    account.current() === null
      ? showForm("Sign in to make a workspace", account.signInView())
      : showForm("New workspace", workspaceForm),
  "/sign-in": () => showForm("Sign in", account.signInView()),
  "/sign-up": () => showForm("Make an account", account.signUpView()),
  "/members": ofChosen("Members", "viewer", openMembers),
  "/statistics": ofChosen("Statistics", "viewer", openStatistics),
  "/import": ofChosen("Import notes", "editor", openImports),
  "/dead-jobs": (moveFocus) => {
    document.title = "Dead jobs";
    return openDeadJobs({ pane, moveFocus, announce });
  },
  "/notifications": (moveFocus, isCurrent) => {
    document.title = "Notifications";
    return openNotifications({ pane, moveFocus, isCurrent });
  },
  "/digest": (moveFocus) => {
    document.title = "Digest";
    pane.replaceChildren(digest.element);
    if (moveFocus) {
      pane.focus();
    }
    return digest.load();
  },
};

/** @param {string} secret */
function showInvitation(secret) {
  if (account.current() === null) {
    keepInvitation(secret);
    showForm("Sign in to join", account.signInView());
    return;
  }
  document.title = "Invitation";
  const joined = (/** @type {string} */ workspace) =>
    void workspaces.enter(workspace).then(
      () => (location.hash = "#/"),
      (error) => announce(String(error)),
    );
  openInvitation({ secret, pane, announce, joined });
}

/**
 * @param {string} title
 * @param {{ element: HTMLElement, focus: () => void }} form
 */
function showForm(title, form) {
  document.title = title;
  if (!pane.contains(form.element)) {
    pane.replaceChildren(form.element);
    form.focus();
  }
}

addEventListener("hashchange", () => {
  if (location.hash !== "#main") {
    void show(true);
  }
});
// The address that a note is shared by, whose preview the edge writes.
const shared = /^\/notes\/([^/]+)$/.exec(location.pathname)?.[1];
if (shared !== undefined) {
  history.replaceState(null, "", `/#/notes/${shared}`);
}
void show(false);
void list.start();
void account.start();
