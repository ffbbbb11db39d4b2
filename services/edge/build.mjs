// Bundles the Worker: `node services/edge/build.mjs --out DIR` writes DIR/worker.js, one ES module.
// Its routes are services/contract/manifest.json and placement.json beside this file, or --manifest FILE, --placement FILE.
// The same sources and packages give the same bytes in any clone, on any machine.

import { readFile } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

import Ajv from "ajv/dist/2020.js";
import standaloneCode from "ajv/dist/standalone/index.js";
import { build } from "esbuild";

const EDGE = dirname(fileURLToPath(import.meta.url));
const ROOT = join(EDGE, "..", "..");

const { values } = parseArgs({
  options: {
    out: { type: "string" },
    manifest: { type: "string", default: join(EDGE, "..", "contract", "manifest.json") },
    placement: { type: "string", default: join(EDGE, "placement.json") },
  },
});

/**
 * The module "shoreline:manifest": the manifest and the placement as they are, and one validator per schema, compiled
 * now because the edge has no eval.
 */
async function manifestModule() {
  const manifest = JSON.parse(await readFile(values.manifest, "utf8"));
  const placement = JSON.parse(await readFile(values.placement, "utf8"));
  const ajv = new Ajv.default({
    allErrors: true,
    useDefaults: true,
    messages: false,
    strict: true,
    allowUnionTypes: true,
    code: { source: true, esm: true, lines: true },
  });
  const keys = Object.keys(manifest.schemas);
  keys.forEach((key) => ajv.addSchema(manifest.schemas[key], key));
  // ajv calls its own `schema1`, `validate1` and so on.
  const names = keys.map((key, index) => [`of_place_${index}`, key]);
  const table = names.map(([name, key]) => `${JSON.stringify(key)}: ${name}`);
  return `${standaloneCode.default(ajv, Object.fromEntries(names))}
export const validators = { ${table.join(", ")} };
export const manifest = ${JSON.stringify(manifest)};
export const placement = ${JSON.stringify(placement)};
`;
}

const manifestPlugin = {
  name: "manifest",
  setup(build) {
    build.onResolve({ filter: /^shoreline:manifest$/ }, () => ({ path: "compiled", namespace: "manifest" }));
    build.onLoad({ filter: /.*/, namespace: "manifest" }, async () => ({
      contents: await manifestModule(),
      resolveDir: EDGE,
    }));
  },
};

if (values.out === undefined) {
  console.error("services/edge/build.mjs: --out is missing. Name the folder for worker.js: --out DIR");
  process.exit(2);
}

const built = build({
  // Relative to the clone: esbuild writes these paths into the bundle.
  absWorkingDir: ROOT,
  entryPoints: ["services/edge/src/index.ts"],
  outfile: join(resolve(values.out), "worker.js"),
  // node_modules may be a link into a cache, whose path would otherwise show in the bundle.
  preserveSymlinks: true,
  bundle: true,
  format: "esm",
  target: "es2024",
  platform: "neutral",
  mainFields: ["module", "main"],
  conditions: ["workerd", "worker", "import"],
  charset: "utf8",
  sourcemap: false,
  legalComments: "none",
  tsconfig: "services/edge/tsconfig.json",
  loader: { ".lua": "text" },
  plugins: [manifestPlugin],
  logLevel: "warning",
});

try {
  await built;
} catch (error) {
  // esbuild has shown its own errors; what else goes wrong is told here.
  if (error.errors === undefined) {
    console.error(String(error));
  }
  process.exit(1);
}
