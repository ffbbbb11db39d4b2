// Runs in Node, bundled by test_move.py: reads a list of [function, ...arguments] from stdin, writes what each gives.

import { Breaker } from "../../../services/edge/src/move/breaker.ts";
import { differences } from "../../../services/edge/src/move/differences.ts";
import { isMoved } from "../../../services/edge/src/move/split.ts";
import { parseSwitches, Switches } from "../../../services/edge/src/move/switches.ts";
import { Tally } from "../../../services/edge/src/move/tally.ts";

const functions = {
  /** Which of these people are moved, as indexes. */
  moved: (route, people, rollout) =>
    people.flatMap((person, index) => (isMoved(route, person, rollout) ? [index] : [])),
  parseSwitches: (answer) => {
    const { switches, ignored } = parseSwitches(answer);
    return { switches: Object.fromEntries(switches), ignored };
  },
  differences: (served, other) => differences(answer(served), answer(other)),
  breaker: (steps) => played(new Breaker(), steps, (breaker) => breaker.state),
  switches: (steps) =>
    played(
      new Switches(),
      steps.map(([name, ...values]) =>
        name === "took" ? [name, new Map(Object.entries(values[0])), values[1]] : [name, ...values],
      ),
    ),
  tally: (steps) => played(new Tally(), steps),
};

function answer({ status = 200, headers = {}, body = "" }) {
  return { status, headers: new Headers(headers), body };
}

/** What each step gives, or what `after` says where it gives nothing. */
function played(object, steps, after = () => null) {
  return steps.map(([name, ...values]) => object[name](...values) ?? after(object));
}

const chunks = [];
for await (const chunk of process.stdin.setEncoding("utf8")) {
  chunks.push(chunk);
}
const results = JSON.parse(chunks.join("")).map(([name, ...values]) => functions[name](...values));
console.log(JSON.stringify(results));
