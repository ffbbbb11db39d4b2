/** The workspaces that somebody can see, and the chosen one: whose notes are listed, and where new ones go. */

import { joinWorkspace, leaveWorkspace, listWorkspaces } from "./api.js";
import { make, textOf } from "./dom.js";

/** @typedef {import("./api.js").Workspace} Workspace */

const REMEMBERED = "workspace";

/** Where everybody begins. @type {Workspace} */
const HARBOUR = { id: "harbour", name: "harbour", open: true, role: null, created: 0 };

/**
 * @param {object} options
 * @param {HTMLElement} options.place Where the choice is shown.
 * @param {(chosen: Workspace) => void} options.changed Another one is chosen, or the person's part in it is another.
 * @param {(text: string) => void} options.announce
 */
export function createWorkspaces({ place, changed, announce }) {
  /** @type {readonly Workspace[]} */
  let known = [HARBOUR];
  let chosen = HARBOUR;

  const choice = make("select", { id: "workspace" });
  const membership = make("button", { type: "button", class: "plain" });
  const members = make("a", { href: "#/members" }, "Members");
  const another = make("a", { href: "#/new-workspace" }, "New workspace");
  const label = make("label", { for: "workspace" }, "Workspace");
  const element = make("div", { class: "workspaces" }, label, choice, membership, members, another);

  /** @param {string | null} id */
  function choose(id) {
    const before = chosen;
    chosen = known.find((each) => each.id === id) ?? known.find((each) => each.id === HARBOUR.id) ?? known[0] ?? HARBOUR;
    choice.value = chosen.id;
    membership.textContent = chosen.role === null ? "Join" : "Leave";
    // Who leaves what is closed could not come back, and an owner may be the last one.
    membership.hidden = chosen.role !== null && (chosen.role === "owner" || !chosen.open);
    members.hidden = chosen.role === null;
    if (before.id !== chosen.id || before.role !== chosen.role) {
      changed(chosen);
    }
  }

  async function load() {
    known = await listWorkspaces();
    choice.replaceChildren(...known.map(({ id, name }) => make("option", { value: id }, name === id ? id : `${name} (${id})`)));
    place.replaceChildren(element);
    choose(localStorage.getItem(REMEMBERED));
  }

  async function changeMembership() {
    const { id, name, role } = chosen;
    try {
      await (role === null ? joinWorkspace(id) : leaveWorkspace(id));
      await load();
      announce(role === null ? `You are a member of ${name} now.` : `You have left ${name}.`);
    } catch (error) {
      announce(textOf(error));
    }
  }

  choice.addEventListener("change", () => {
    localStorage.setItem(REMEMBERED, choice.value);
    choose(choice.value);
  });
  membership.addEventListener("click", () => void changeMembership());

  return {
    chosen: () => chosen,
    /** @param {string} id Chosen from now on, once the person sees it. */
    async enter(id) {
      localStorage.setItem(REMEMBERED, id);
      await load();
    },
    /** @param {boolean} signedIn Signed out there is no choice. */
    async show(signedIn) {
      if (signedIn) {
        await load();
      } else {
        place.replaceChildren();
        known = [HARBOUR];
        choose(HARBOUR.id);
      }
    },
  };
}
