/** For operators: the jobs that failed in every try, and another try for them. */

import { listDeadJobs, replayJob } from "./api.js";
import { failure, make, textOf, timeOf } from "./dom.js";
import { backLink } from "./note.js";

/**
 * @param {{ pane: HTMLElement, moveFocus: boolean, announce: (text: string) => void }} options
 */
export async function openDeadJobs({ pane, moveFocus, announce }) {
  const heading = make("h2", { tabindex: "-1" }, "Dead jobs");
  const again = (/** @type {boolean} */ focus) => openDeadJobs({ pane, moveFocus: focus, announce });
  const view = await listDeadJobs().then(
    ({ jobs }) => (jobs.length === 0 ? make("p", {}, "There are none.") : make("ul", {}, ...jobs.map(row))),
    (error) => failure("The jobs can't be listed.", error, () => void again(true)),
  );

  /** @param {import("./api.js").DeadJob} job */
  function row(job) {
    const replay = make("button", { type: "button", "aria-label": `Try ${job.kind} ${job.id} again` }, "Try again");
    replay.addEventListener("click", () => {
      void replayJob(job.id).then(
        () => {
          announce(`The ${job.kind} job is queued again.`);
          return again(true);
        },
        (error) => announce(textOf(error)),
      );
    });
    const why = `${job.error ?? "no reason was kept"} (${job.tries} tries, `;
    return make("li", {}, make("strong", {}, job.kind), ` ${why}`, timeOf(job.finished), ") ", replay);
  }

  pane.replaceChildren(backLink(), heading, view);
  if (moveFocus) {
    heading.focus();
  }
}
