/** The form for a new note. The server checks what is written; the form shows what it found, field by field. */

import { ApiError, createNote } from "./api.js";
import { make } from "./dom.js";
import { backLink } from "./note.js";

const FIELDS = /** @type {const} */ ([
  { name: "title", label: "Title", tag: "input", attributes: { autocomplete: "off" } },
  { name: "body", label: "Text", tag: "textarea", attributes: { rows: "8" } },
  {
    name: "workspace",
    label: "Workspace",
    tag: "input",
    attributes: { value: "harbour", autocomplete: "off", autocapitalize: "none", spellcheck: "false" },
  },
]);

/**
 * The form keeps what is written until it is saved, also while something else is shown.
 * @param {{ saved: (note: import("./api.js").Note) => void }} options
 */
export function createEditor({ saved }) {
  const fields = FIELDS.map(createField);
  const summary = make("p", { class: "error", role: "alert" });
  const save = make("button", { type: "submit" }, "Save");
  const form = make(
    "form",
    { novalidate: "", "aria-labelledby": "editor-title" },
    make("h2", { id: "editor-title" }, "New note"),
    summary,
    ...fields.map((field) => field.element),
    make("div", { class: "actions" }, save, make("a", { href: "#/" }, "Cancel")),
  );
  let saving = false;

  async function submit() {
    if (saving) {
      return;
    }
    setSaving(true);
    showErrors([], "");
    try {
      const note = await createNote(values());
      form.reset();
      saved(note);
    } catch (error) {
      explain(error);
    } finally {
      setSaving(false);
    }
  }

  /** @param {boolean} now */
  function setSaving(now) {
    saving = now;
    // Not `disabled`: that would take the focus away.
    save.setAttribute("aria-disabled", String(now));
    save.textContent = now ? "Saving…" : "Save";
  }

  function values() {
    const [title = "", body = "", workspace = ""] = fields.map((field) => field.input.value);
    return { title, body, workspace };
  }

  /** @param {unknown} error */
  function explain(error) {
    const errors = error instanceof ApiError ? error.errors : [];
    const detail = error instanceof Error ? error.message : String(error);
    const text = errors.length > 0 ? "The note is not saved yet." : `The note is not saved; the text is still here. ${detail}`;
    showErrors(errors, text);
    const first = fields.find((field) => field.input.getAttribute("aria-invalid") === "true");
    first?.input.focus();
  }

  /**
   * @param {import("./api.js").FieldError[]} errors
   * @param {string} text
   */
  function showErrors(errors, text) {
    summary.textContent = text;
    for (const field of fields) {
      field.showError(errors.find((error) => error.path === `body/${field.name}`)?.message ?? null);
    }
  }

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    void submit();
  });
  form.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      void submit();
    }
  });
  return { element: make("div", {}, backLink(), form), focus: () => fields[0]?.input.focus() };
}

/** @param {typeof FIELDS[number]} spec */
function createField({ name, label, tag, attributes }) {
  const errorId = `${name}-error`;
  const input = make(tag, { id: name, name, dir: "auto", ...attributes });
  const message = make("p", { class: "error", id: errorId });
  return {
    name,
    input,
    element: make("div", { class: "field" }, make("label", { for: name }, label), input, message),
    /** @param {string | null} error */
    showError(error) {
      message.textContent = error === null ? "" : `${label} ${error}.`;
      if (error === null) {
        input.removeAttribute("aria-invalid");
        input.removeAttribute("aria-describedby");
      } else {
        input.setAttribute("aria-invalid", "true");
        input.setAttribute("aria-describedby", errorId);
      }
    },
  };
}
