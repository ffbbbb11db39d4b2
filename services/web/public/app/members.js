/** The members of a workspace: their roles, and the links that invite others. */

import {
  changeMember,
  createInvitation,
  listInvitations,
  listMembers,
  removeMember,
  revokeInvitation,
} from "./api.js";
import { failure, make, textOf, timeOf } from "./dom.js";
import { backLink } from "./note.js";

/** @typedef {import("./api.js").Workspace} Workspace */
/** @typedef {import("./api.js").Member} Member */
/** @typedef {import("./api.js").Invitation} Invitation */
/** @typedef {import("./api.js").RoleName} RoleName */
/** @typedef {(text: string) => void} Announce */

/** From the least to the most. @type {readonly RoleName[]} */
const ROLES = ["viewer", "editor", "admin", "owner"];

/**
 * @param {object} options
 * @param {Workspace} options.workspace
 * @param {HTMLElement} options.pane
 * @param {boolean} options.moveFocus
 * @param {() => boolean} options.isCurrent
 * @param {Announce} options.announce
 */
export async function openMembers({ workspace, pane, moveFocus, isCurrent, announce }) {
  const heading = make("h2", { tabindex: "-1" }, `Members of ${workspace.name}`);
  const manages = workspace.role === "admin" || workspace.role === "owner";
  const again = () => openMembers({ workspace, pane, moveFocus: true, isCurrent, announce });

  /**
   * Does it, says how it went, and shows what is there then.
   * @param {Promise<unknown>} done
   * @param {string} words
   */
  function after(done, words) {
    void done
      .then(
        () => announce(words),
        (error) => announce(textOf(error)),
      )
      .then(again);
  }

  /** @param {Member} member */
  function memberItem({ user, name, role }) {
    const item = make("li", {}, make("span", { dir: "auto" }, name || user), " ");
    if (!manages) {
      item.append(role);
      return item;
    }
    const choice = roleChoice(`The role of ${name}`, role, ROLES);
    choice.addEventListener("change", () => {
      const wanted = roleOf(choice);
      after(changeMember(workspace.id, user, wanted), `${name} is ${wanted} now.`);
    });
    const remove = make("button", { type: "button", class: "plain", "aria-label": `Remove ${name}` }, "Remove");
    remove.addEventListener("click", () => after(removeMember(workspace.id, user), `${name} is no member any more.`));
    item.append(choice, " ", remove);
    return item;
  }

  /** @param {Invitation} invitation */
  function invitationItem({ id, role, inviter, expires }) {
    const revoke = make("button", { type: "button", class: "plain" }, "Revoke");
    revoke.addEventListener("click", () => after(revokeInvitation(workspace.id, id), "The invitation is revoked."));
    return make("li", {}, `${role}, by ${inviter}, until `, timeOf(expires), " ", revoke);
  }

  async function load() {
    const [members, invitations] = await Promise.all([
      listMembers(workspace.id),
      manages ? listInvitations(workspace.id) : [],
    ]);
    const parts = [make("ul", { class: "members", "aria-label": "Members" }, ...members.map(memberItem))];
    return manages ? [...parts, inviting(workspace, announce), ...pending(invitations.map(invitationItem))] : parts;
  }

  const views = await load().catch((error) => [failure("The members can't be listed.", error, () => void again())]);
  if (isCurrent()) {
    pane.replaceChildren(backLink(), heading, ...views);
    if (moveFocus) {
      heading.focus();
    }
  }
}

/** @param {HTMLLIElement[]} items */
function pending(items) {
  return items.length === 0
    ? []
    : [make("h3", {}, "Open invitations"), make("ul", { class: "members", "aria-label": "Open invitations" }, ...items)];
}

/**
 * Makes a link that is shown once.
 * @param {Workspace} workspace
 * @param {Announce} announce
 */
function inviting(workspace, announce) {
  const own = ROLES.indexOf(workspace.role ?? "viewer");
  const choice = roleChoice("Invite as", "editor", ROLES.slice(0, own + 1));
  const send = make("button", { type: "button" }, "Make a link");
  const link = make("input", { readonly: "", "aria-label": "Link of the invitation" });
  const shown = make("p", { hidden: "" }, "Good for one person, for seven days. It is shown this once. ", link);
  send.addEventListener("click", () => {
    void createInvitation(workspace.id, roleOf(choice)).then(
      ({ secret }) => {
        link.value = `${location.origin}/#/invitations/${secret}`;
        shown.hidden = false;
        link.focus();
        link.select();
        announce("The link is made.");
      },
      (error) => announce(textOf(error)),
    );
  });
  return make("div", {}, make("h3", {}, "Invite somebody"), choice, " ", send, shown);
}

/**
 * @param {string} label
 * @param {RoleName} chosen
 * @param {readonly RoleName[]} roles
 */
function roleChoice(label, chosen, roles) {
  const choice = make("select", { "aria-label": label }, ...roles.map((each) => make("option", { value: each }, each)));
  choice.value = chosen;
  return choice;
}

/** @param {HTMLSelectElement} choice */
function roleOf(choice) {
  return ROLES.find((each) => each === choice.value) ?? "viewer";
}
