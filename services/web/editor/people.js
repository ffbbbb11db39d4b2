/** The others' carets and selections in a text. Colours are classes: the page's policy allows no inline styles. */

import { Annotation } from "@codemirror/state";
import { Decoration, EditorView, ViewPlugin, WidgetType } from "@codemirror/view";
import * as Y from "yjs";

/** @typedef {import("y-protocols/awareness").Awareness} Awareness */
/** @typedef {import("@codemirror/view").ViewUpdate} ViewUpdate */

const COLOURS = ["#0b6477", "#8a4b08", "#6b3fa0", "#a3241b", "#2f6b1f", "#8c2a6b"];
const moved = Annotation.define();

/** @param {number} client */
function colourOf(client) {
  return client % COLOURS.length;
}

class Caret extends WidgetType {
  /**
   * @param {string} name
   * @param {number} colour
   */
  constructor(name, colour) {
    super();
    this.name = name;
    this.colour = colour;
  }

  /** @param {Caret} other */
  eq(other) {
    return other.name === this.name && other.colour === this.colour;
  }

  toDOM() {
    const caret = document.createElement("span");
    caret.className = `caret colour-${this.colour}`;
    // Shown by the style: it is no part of the text.
    caret.dataset["name"] = this.name;
    return caret;
  }

  ignoreEvent() {
    return true;
  }
}

class People {
  /**
   * @param {EditorView} view
   * @param {Y.Text} text
   * @param {Awareness} awareness
   */
  constructor(view, text, awareness) {
    this.text = text;
    this.awareness = awareness;
    this.decorations = Decoration.none;
    /** @param {{ added: number[], updated: number[], removed: number[] }} clients */
    this.listener = ({ added, updated, removed }) => {
      if ([...added, ...updated, ...removed].some((client) => client !== awareness.clientID)) {
        view.dispatch({ annotations: [moved.of(null)] });
      }
    };
    awareness.on("change", this.listener);
  }

  destroy() {
    this.awareness.off("change", this.listener);
  }

  /** @param {ViewUpdate} update */
  update(update) {
    if (update.selectionSet || update.focusChanged || update.docChanged) {
      this.tell(update.view);
    }
    this.decorations = Decoration.set(
      [...this.awareness.getStates()].flatMap(([client, state]) => this.shown(client, state, update.state.doc.length)),
      true,
    );
  }

  /** @param {EditorView} view Where one's own caret is. */
  tell(view) {
    if (!view.hasFocus) {
      return;
    }
    const { anchor, head } = view.state.selection.main;
    const [from, to] = [anchor, head].map((at) => Y.createRelativePositionFromTypeIndex(this.text, at));
    this.awareness.setLocalStateField("cursor", { anchor: from, head: to });
  }

  /**
   * @param {number} client
   * @param {Record<string, any>} state Of somebody else's page: anything may stand in it.
   * @param {number} length
   */
  shown(client, state, length) {
    if (client === this.awareness.clientID) {
      return [];
    }
    try {
      const [anchor, head] = [state["cursor"].anchor, state["cursor"].head].map((each) => this.positionOf(each, length));
      if (anchor === undefined || head === undefined) {
        return [];
      }
      const [from, to] = [Math.min(anchor, head), Math.max(anchor, head)];
      const caret = new Caret(String(state["user"].name), colourOf(client));
      return [
        ...(from < to ? [Decoration.mark({ class: `chosen colour-${colourOf(client)}` }).range(from, to)] : []),
        Decoration.widget({ widget: caret, side: head < anchor ? -1 : 1 }).range(head),
      ];
    } catch {
      return [];
    }
  }

  /**
   * @param {unknown} told
   * @param {number} length
   */
  positionOf(told, length) {
    const position = Y.createAbsolutePositionFromRelativePosition(
      Y.createRelativePositionFromJSON(told),
      /** @type {Y.Doc} */ (this.text.doc),
    );
    return position === null || position.type !== this.text ? undefined : Math.min(position.index, length);
  }
}

/**
 * @param {Y.Text} text
 * @param {Awareness} awareness
 */
export function people(text, awareness) {
  return [
    ViewPlugin.define((view) => new People(view, text, awareness), { decorations: (each) => each.decorations }),
    EditorView.baseTheme({
      ".caret": { position: "relative", borderLeft: "2px solid", marginLeft: "-1px", marginRight: "-1px" },
      ".caret::after": {
        content: "attr(data-name)",
        position: "absolute",
        insetBlockEnd: "100%",
        insetInlineStart: "-1px",
        padding: "0 0.25rem",
        font: "0.75rem/1.2 system-ui, sans-serif",
        color: "#fff",
        whiteSpace: "nowrap",
        pointerEvents: "none",
      },
      ...Object.fromEntries(
        COLOURS.flatMap((colour, index) => [
          [`.caret.colour-${index}`, { borderColor: colour }],
          [`.caret.colour-${index}::after`, { backgroundColor: colour }],
          [`.chosen.colour-${index}`, { backgroundColor: `${colour}40` }],
        ]),
      ),
    }),
  ];
}
