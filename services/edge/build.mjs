// Bundles the Worker: `node services/edge/build.mjs --out DIR` writes DIR/worker.js, one ES module.
// The same sources and packages give the same bytes in any clone, on any machine.

import { readdir, readFile } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

import Ajv from "ajv/dist/2020.js";
import standaloneCode from "ajv/dist/standalone/index.js";
import { build } from "esbuild";

const EDGE = dirname(fileURLToPath(import.meta.url));
const CONTRACT = join(EDGE, "..", "contract");
const ROOT = join(EDGE, "..", "..");

/** The module "shoreline:contract": one validator per schema, compiled now because the edge has no eval. */
async function contractModule() {
  const ajv = new Ajv.default({
    allErrors: true,
    useDefaults: true,
    messages: false,
    strict: true,
    code: { source: true, esm: true, lines: true },
  });
  const expected = {};
  const files = (await readdir(CONTRACT)).filter((name) => name.endsWith(".schema.json")).sort();
  for (const file of files) {
    const schema = JSON.parse(await readFile(join(CONTRACT, file), "utf8"));
    ajv.addSchema(schema);
    expected[schema.$id] = Object.fromEntries(
      Object.entries(schema.properties).map(([name, property]) => [name, property.description]),
    );
  }
  const validators = standaloneCode.default(ajv, Object.fromEntries(Object.keys(expected).map((id) => [id, id])));
  return `${validators}\nexport const expected = ${JSON.stringify(expected, null, 2)};\n`;
}

const contractPlugin = {
  name: "contract",
  setup(build) {
    build.onResolve({ filter: /^shoreline:contract$/ }, () => ({ path: "validators", namespace: "contract" }));
    build.onLoad({ filter: /.*/, namespace: "contract" }, async () => ({
      contents: await contractModule(),
      resolveDir: EDGE,
    }));
  },
};

const { values } = parseArgs({ options: { out: { type: "string" } } });
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
  plugins: [contractPlugin],
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
