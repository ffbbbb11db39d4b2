/** The digest: how many notes each workspace has, as a scheduled job counted them. */

import { readDigest } from "./api.js";
import { make, timeOf } from "./dom.js";
import { onEvent } from "./live.js";

const LARGEST = 5;

/** A section that follows the digest as it changes. */
export function createDigest() {
  const list = make("ul", {});
  const when = make("p", { class: "quiet" });
  const element = make(
    "section",
    { class: "digest", "aria-labelledby": "digest-title" },
    make("h2", { id: "digest-title" }, "Digest"),
    list,
    when,
  );

  async function load() {
    try {
      const { workspaces } = await readDigest();
      const refreshed = workspaces[0]?.refreshed;
      list.replaceChildren(...workspaces.slice(0, LARGEST).map(item));
      when.replaceChildren(...(refreshed === undefined ? ["There is no digest yet."] : ["As of ", timeOf(refreshed), "."]));
    } catch (error) {
      when.textContent = `There is no digest now. ${error instanceof Error ? error.message : String(error)}`;
    }
  }

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
