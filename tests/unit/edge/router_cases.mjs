// Runs in Node, bundled by test_router.py: reads {routes, paths} from stdin, writes what each path matches.

import { segmentsOf } from "../../../services/edge/src/match/path.ts";
import { parameterNames, Router } from "../../../services/edge/src/match/router.ts";

const chunks = [];
for await (const chunk of process.stdin.setEncoding("utf8")) {
  chunks.push(chunk);
}
const { routes, paths } = JSON.parse(chunks.join(""));
const router = new Router(routes.map((route) => ({ ...route, handler: null })));

const matches = paths.map((path) => {
  const match = router.match(segmentsOf(path));
  if (match === null) {
    return null;
  }
  const [first] = match.endpoint.byMethod.values();
  const names = parameterNames(first?.path ?? "");
  const values = Object.fromEntries(names.map((name, index) => [name, match.values[index]]));
  return { path: first?.path, allow: match.endpoint.allow, values };
});
console.log(JSON.stringify(matches));
