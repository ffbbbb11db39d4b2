// Builds what the edge serves as static assets: `node services/web/build.mjs --out DIR` makes DIR hold index.html and,
// below assets/, every other file of the page: under a name with the hash of its content, which may be kept for ever,
// and under its plain one, for pages of another version that is served at the same time.
// The same sources and packages give the same bytes in any clone, on any machine.

import { createHash } from "node:crypto";
import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { dirname, join, parse, resolve } from "node:path";
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

/** Bundles the script or the style sheet at `entry`. `plugins`: what stands for imports of other assets. */
async function bundle(entry, plugins = []) {
  const { outputFiles } = await build({
    // Relative to the clone: esbuild writes these paths into the bundle.
    absWorkingDir: ROOT,
    entryPoints: [`services/web/${entry}`],
    outdir: "unused",
    write: false,
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
    plugins,
  });
  return outputFiles[0].contents;
}

/** Writes an asset under both of its names, and gives the address that has the hash (services/contract/front-door.json). */
async function keep(name, content) {
  const hash = createHash("sha256").update(content).digest("hex").slice(0, 16);
  const { name: stem, ext } = parse(name);
  const hashed = `assets/${stem}-${hash}${ext}`;
  await Promise.all([hashed, `assets/${name}`].map((path) => writeFile(join(out, path), content)));
  return `/${hashed}`;
}

/** Leaves the import of the editor to the browser, which asks for it when somebody writes. */
const editorAt = (address) => ({
  name: "editor",
  setup({ onResolve }) {
    onResolve({ filter: /^\/editor\.js$/ }, () => ({ path: address, external: true }));
  },
});

try {
  await rm(out, { recursive: true, force: true });
  await mkdir(join(out, "assets"), { recursive: true });
  const editor = await keep("editor.js", await bundle("editor/editor.js"));
  const addresses = {
    "/app.js": await keep("app.js", await bundle("public/app.js", [editorAt(editor)])),
    "/style.css": await keep("style.css", await bundle("public/style.css")),
    "/favicon.svg": await keep("favicon.svg", await readFile(join(WEB, "public", "favicon.svg"))),
  };
  const html = await readFile(join(WEB, "public", "index.html"), "utf8");
  await writeFile(
    join(out, "index.html"),
    html.replaceAll(/(?<=(?:href|src)=")\/[^"]+/g, (path) => {
      if (!(path in addresses)) {
        throw new Error(`services/web/public/index.html: ${path} is no asset. Name it in services/web/build.mjs`);
      }
      return addresses[path];
    }),
  );
} catch (error) {
  // esbuild has shown its own errors; what else goes wrong is told here.
  if (error.errors === undefined) {
    console.error(String(error));
  }
  process.exit(1);
}
