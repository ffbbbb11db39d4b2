/** The digest: how many notes each workspace has, as a scheduled job counted them. */

import { readDigest, readDigestWish, wishDigest } from "./api.js";
import { make, textOf, timeOf } from "./dom.js";
import { onEvent } from "./live.js";

const LARGEST = 5;

/**
 * A section that follows the digest as it changes; who is signed in may have it by email.
 * @param {{ signedIn: () => boolean, announce: (text: string) => void }} options
 */
export function createDigest({ signedIn, announce }) {
  const list = make("ul", {});
  const when = make("p", { class: "quiet" });
  const element = make(
    "section",
    { class: "digest", "aria-labelledby": "digest-title" },
    make("h2", { id: "digest-title" }, "Digest"),
    list,
    when,
  );
  const wish = make("input", { type: "checkbox", id: "digest-wish" });
  const told = make("span", { class: "quiet" });
  const mail = make("p", {}, wish, make("label", { for: "digest-wish" }, "Send it to me by email, daily"), " ", told);

  let changes = 0;

  async function loadWish() {
    if (!signedIn()) {
      told.textContent = "";
      mail.remove();
      return;
    }
    const before = changes;
    const wished = await readDigestWish();
    // An answer from before a change made here is out of date; what was told of one stays until it isn't true.
    if (changes === before && wish.checked !== wished) {
      wish.checked = wished;
      told.textContent = "";
    }
    element.append(mail);
  }

  async function change() {
    const wanted = wish.checked;
    changes += 1;
    told.textContent = await wishDigest(wanted).then(
      () => (wanted ? "It comes once a day, if there is news and this site sends email." : "It comes no more."),
      (error) => {
        wish.checked = !wanted;
        return textOf(error);
      },
    );
    changes += 1;
    announce(told.textContent);
  }

  async function load() {
    // Who can't be told what is wished now is shown no switch.
    loadWish().catch(() => mail.remove());
    try {
      const { workspaces } = await readDigest();
      const refreshed = workspaces[0]?.refreshed;
      list.replaceChildren(...workspaces.slice(0, LARGEST).map(item));
      when.replaceChildren(...(refreshed === undefined ? ["There is no digest yet."] : ["As of ", timeOf(refreshed), "."]));
    } catch (error) {
      when.textContent = `There is no digest now. ${textOf(error)}`;
    }
  }

  wish.addEventListener("change", () => void change());
  onEvent((event) => {
    if ((event.type === "digest" || event.type === "ready") && element.isConnected) {
      void load();
    }
  });
  return { element, load };
}

/** @param {import("../../../contract/manifest.d.ts").WorkspaceDigest} each */
function item({ workspace, notes, recent, newest, title }) {
  const counts = `${notes} ${notes === 1 ? "note" : "notes"}, ${recent} in the last seven days. Newest: `;
  const link = make("a", { href: `#/notes/${newest}`, dir: "auto" }, title);
  return make("li", {}, make("strong", {}, workspace), " ", counts, link);
}
