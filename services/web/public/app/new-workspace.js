/** The form for a new workspace, whose owner is the person. */

import { createWorkspace } from "./api.js";
import { make } from "./dom.js";
import { createForm } from "./form.js";
import { backLink } from "./note.js";

/** @type {import("./form.js").FieldSpec[]} */
const FIELDS = [
  { name: "name", label: "Name", tag: "input", attributes: { autocomplete: "off" } },
  { name: "id", label: "Address", tag: "input", attributes: { autocomplete: "off", autocapitalize: "none", spellcheck: "false" } },
  { name: "open", label: "Open: anybody reads it, and may join", tag: "input", attributes: { type: "checkbox" } },
];

/** @param {(id: string) => Promise<void>} made */
export function createWorkspaceForm(made) {
  const form = createForm({
    heading: "New workspace",
    fields: FIELDS,
    button: { idle: "Make the workspace", busy: "Making the workspace…" },
    beside: [make("a", { href: "#/" }, "Cancel")],
    submit: async ({ name = "", id = "", open }) => {
      await createWorkspace({ name, id, open: open === "true" });
      await made(id);
    },
  });
  return { element: make("div", {}, backLink(), form.element), focus: form.focus };
}
