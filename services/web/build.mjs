// Builds what the edge serves as static assets: `node services/web/build.mjs --out DIR` makes DIR hold the files of
// services/web/public and editor.js, the bundle of services/web/editor with its libraries.
// The same sources and packages give the same bytes in any clone, on any machine.

import { cp, rm } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

import { build } from "esbuild";

const WEB = dirname(fileURLToPath(import.meta.url));
const ROOT = join(WEB, "..", "..");

const { values } = parseArgs({ options: { out: { type: "string" } } });
if (values.out === undefined) {
  console.error("services/web/build.mjs: --out is missing. Name the folder for the assets: --out DIR");
  process.exit(2);
}
const out = resolve(values.out);

try {
  await rm(out, { recursive: true, force: true });
  await cp(join(WEB, "public"), out, { recursive: true });
  await build({
    // Relative to the clone: esbuild writes these paths into the bundle.
    absWorkingDir: ROOT,
    entryPoints: ["services/web/editor/editor.js"],
    outfile: join(out, "editor.js"),
    // node_modules may be a link into a cache, whose path would otherwise show in the bundle.
    preserveSymlinks: true,
    bundle: true,
    minify: true,
    format: "esm",
    target: "es2023",
    platform: "browser",
    charset: "utf8",
    sourcemap: false,
    legalComments: "none",
    tsconfig: "services/web/tsconfig.json",
    logLevel: "warning",
  });
} catch (error) {
  // esbuild has shown its own errors; what else goes wrong is told here.
  if (error.errors === undefined) {
    console.error(String(error));
  }
  process.exit(1);
}
