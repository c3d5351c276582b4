// Builds vendor/three.js of the page, puts the licence beside it and records the hash.
// `node build.js [FOLDER]`: into FOLDER instead, without recording (what the test does).
import { createHash } from "node:crypto";
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const here = dirname(fileURLToPath(import.meta.url));
const shipped = join(here, "..", "src", "prvipe", "web", "page", "vendor");
const folder = process.argv[2] ?? shipped;

mkdirSync(folder, { recursive: true });
const built = join(folder, "three.js");
await build({
  absWorkingDir: here,
  entryPoints: ["three.js"],
  outfile: built,
  bundle: true,
  format: "esm",
  target: "es2022",
  minify: true,
  charset: "utf8",
  legalComments: "inline",
});
copyFileSync(join(here, "node_modules", "three", "LICENSE"), join(folder, "three.LICENSE.txt"));

const hash = createHash("sha256").update(readFileSync(built)).digest("hex");
if (folder === shipped) writeFileSync(join(here, "SHA256SUMS"), `${hash}  three.js\n`);
console.log(`${hash}  ${built}`);
