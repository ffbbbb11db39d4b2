/** Notifications: how many are unread, and the latest ones. */

import { listNotifications, markRead } from "./api.js";
import { failure, make, timeOf } from "./dom.js";
import { onEvent, onNotification } from "./live.js";
import { backLink } from "./note.js";

/** @typedef {import("./api.js").Notification} Notification */

let unread = 0;
/** The one in the header; made anew with it. */
let mark = make("span", { class: "unread" });

/** Beside the link to the notifications: how many are unread. */
export function unreadMark() {
  mark = make("span", { class: "unread" });
  show();
  return mark;
}

function show() {
  mark.textContent = unread === 0 ? "" : ` (${unread})`;
}

/** @param {(text: string) => void} announce */
export function showUnread(announce) {
  onEvent((event) => {
    if (event.type === "unread") {
      unread = event.count ?? 0;
      show();
    }
  });
  onNotification((notification) => announce(wordsOf(notification)));
}

/**
 * Shows the latest ones in the pane, unless something else is shown by the time they arrive; they are read then.
 * @param {{ pane: HTMLElement, moveFocus: boolean, isCurrent: () => boolean }} options
 */
export async function openNotifications({ pane, moveFocus, isCurrent }) {
  const heading = make("h2", { tabindex: "-1" }, "Notifications");
  const list = make("ol", { class: "notifications" });
  pane.replaceChildren(backLink(), heading, make("p", { class: "quiet" }, "Loading…"));
  if (moveFocus) {
    heading.focus();
  }
  const view = await listNotifications().then(
    ({ notifications }) => {
      list.append(...notifications.map(item));
      read(notifications[0]);
      return notifications.length === 0 ? make("p", { class: "quiet" }, "There are none yet.") : list;
    },
    (error) =>
      failure("There are no notifications now.", error, () => {
        void openNotifications({ pane, moveFocus: true, isCurrent });
      }),
  );
  if (isCurrent()) {
    pane.replaceChildren(backLink(), heading, view);
  }
}

/** @param {Notification | undefined} latest */
function read(latest) {
  if (latest !== undefined && latest.read === null) {
    // Not done, it is done the next time.
    void markRead(latest.id).catch(() => {});
  }
}

/** @param {Notification} notification */
function item(notification) {
  const words = wordsOf(notification);
  const about =
    notification.kind === "edited"
      ? make("a", { href: `#/notes/${notification.subject}`, dir: "auto" }, words)
      : make("span", { dir: "auto" }, words);
  return make("li", notification.read === null ? { class: "new" } : {}, about, " ", timeOf(notification.created));
}

/** @param {Notification} notification */
function wordsOf({ kind, actor, title }) {
  return kind === "edited" ? `${actor} has changed “${title}”.` : `The export of “${title}” is done.`;
}
