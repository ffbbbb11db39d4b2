/** The workspaces that somebody can see, and the chosen one: whose notes are listed, and where new ones go. */

import { joinWorkspace, leaveWorkspace, listWorkspaces } from "./api.js";
import { make, textOf } from "./dom.js";

/** @typedef {import("./api.js").Workspace} Workspace */

/** Where the page remembers what a person has chosen. @param {string} user */
const remembered = (user) => `workspace of ${user}`;

/** What is shown to who is signed out. @type {Workspace} */
const HARBOUR = { id: "harbour", name: "harbour", open: true, role: null, created: 0 };

/**
 * @param {object} options
 * @param {HTMLElement} options.place Where the choice is shown.
 * @param {(byHand: boolean) => void} options.changed Another one is chosen, or the person's part in it is another.
 * @param {(text: string) => void} options.announce
 */
export function createWorkspaces({ place, changed, announce }) {
  /** @type {readonly Workspace[]} */
  let known = [HARBOUR];
  let chosen = HARBOUR;
  let user = "";
  /** What is known is of the person who is signed in. @type {Promise<unknown>} */
  let loaded = Promise.resolve();

  const choice = make("select", { id: "workspace" });
  const membership = make("button", { type: "button", class: "plain" });
  const members = make("a", { href: "#/members" }, "Members");
  const another = make("a", { href: "#/new-workspace" }, "New workspace");
  const label = make("label", { for: "workspace" }, "Workspace");
  const element = make("div", { class: "workspaces" }, label, choice, membership, members, another);

  /**
   * @param {string | null} id
   * @param {boolean} byHand
   */
  function choose(id, byHand = false) {
    const before = chosen;
    chosen = known.find((each) => each.id === id) ?? ownOf(known) ?? known.find((each) => each.role !== null) ?? HARBOUR;
    choice.value = chosen.id;
    membership.textContent = chosen.role === null ? "Join" : "Leave";
    // Who leaves what is closed could not come back, and an owner may be the last one.
    membership.hidden = chosen.role !== null && (chosen.role === "owner" || !chosen.open);
    members.hidden = chosen.role === null;
    if (before.id !== chosen.id || before.role !== chosen.role) {
      changed(byHand);
    }
  }

  async function load() {
    known = await listWorkspaces();
    choice.replaceChildren(...known.map(({ id, name }) => make("option", { value: id }, name === id ? id : `${name} (${id})`)));
    place.replaceChildren(element);
    choose(localStorage.getItem(remembered(user)));
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
    localStorage.setItem(remembered(user), choice.value);
    choose(choice.value, true);
  });
  membership.addEventListener("click", () => void changeMembership());

  return {
    chosen: () => chosen,
    /** @param {string} id Chosen from now on, once the person sees it. */
    async enter(id) {
      localStorage.setItem(remembered(user), id);
      await load();
    },
    /** Once it is known; where that fails, as far as it was. */
    settled: () => loaded.catch(() => {}),
    /** @param {string} id */
    roleIn: (id) => loaded.then(() => known.find((each) => each.id === id)?.role ?? null),
    /** @param {string | null} now Who is signed in: signed out there is no choice. */
    async show(now) {
      if (now !== null) {
        user = now;
        loaded = load();
        await loaded;
      } else {
        place.replaceChildren();
        known = [HARBOUR];
        choose(HARBOUR.id);
      }
    },
  };
}

/**
 * The oldest one that the person owns: it is what signing up has made.
 * @param {readonly Workspace[]} all
 */
function ownOf(all) {
  return all.filter(({ role }) => role === "owner").toSorted((a, b) => a.created - b.created)[0];
}
