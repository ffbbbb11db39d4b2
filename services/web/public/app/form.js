/** A form whose fields the server checks: it shows what was found, field by field, and keeps what is written. */

import { ApiError } from "./api.js";
import { make, textOf } from "./dom.js";

/** @typedef {import("./api.js").FieldError} FieldError */
/** @typedef {"input" | "textarea"} Tag */
/** @typedef {{ name: string, label: string, tag: Tag, attributes: Record<string, string> }} FieldSpec */

/**
 * @param {object} options
 * @param {string} options.heading
 * @param {readonly FieldSpec[]} options.fields
 * @param {{ idle: string, busy: string }} options.button
 * @param {Node[]} options.beside What stands beside the button.
 * @param {(values: Record<string, string>) => Promise<void>} options.submit
 * @param {(detail: string, errors: FieldError[]) => string} [options.explain]
 *   What to say of a failure above the fields: where nothing else is wished, what no field says.
 */
export function createForm({ heading, fields: specs, button, beside, submit, explain }) {
  const fields = specs.map(createField);
  const summary = make("p", { class: "error", role: "alert" });
  const send = make("button", { type: "submit" }, button.idle);
  const title = make("h2", { id: "form-title" }, heading);
  const form = make(
    "form",
    { novalidate: "", "aria-labelledby": "form-title" },
    title,
    summary,
    ...fields.map((field) => field.element),
    make("div", { class: "actions" }, send, ...beside),
  );
  let sending = false;
  /** @type {(detail: string, errors: FieldError[]) => string} */
  const unlessAtFields = (detail, errors) =>
    errors.some(({ path }) => fields.some(({ name }) => path === `body/${name}`)) ? "" : detail;

  async function trySubmit() {
    if (sending) {
      return;
    }
    setSending(true);
    show([], "");
    try {
      await submit(Object.fromEntries(fields.map((field) => [field.name, field.value()])));
      form.reset();
    } catch (error) {
      const errors = error instanceof ApiError ? error.errors : [];
      show(errors, (explain ?? unlessAtFields)(textOf(error), errors));
      fields.find((field) => field.input.getAttribute("aria-invalid") === "true")?.input.focus();
    } finally {
      setSending(false);
    }
  }

  /** @param {boolean} now */
  function setSending(now) {
    sending = now;
    // Not `disabled`: that would take the focus away.
    send.setAttribute("aria-disabled", String(now));
    send.textContent = now ? button.busy : button.idle;
  }

  /**
   * @param {FieldError[]} errors
   * @param {string} text
   */
  function show(errors, text) {
    summary.textContent = text;
    for (const field of fields) {
      field.showError(errors.find((error) => error.path === `body/${field.name}`)?.message ?? null);
    }
  }

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    void trySubmit();
  });
  form.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      void trySubmit();
    }
  });
  return { element: form, focus: () => fields[0]?.input.focus() };
}

/** @param {FieldSpec} spec */
function createField({ name, label, tag, attributes }) {
  const errorId = `${name}-error`;
  const input = make(tag, { id: name, name, dir: "auto", ...attributes });
  const message = make("p", { class: "error", id: errorId });
  return {
    name,
    input,
    /** Of a box, whether it is checked. */
    value: () => (input instanceof HTMLInputElement && input.type === "checkbox" ? String(input.checked) : input.value),
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
