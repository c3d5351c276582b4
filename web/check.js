// Checks the types that the page's modules state in JSDoc. Nothing is written.
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import ts from "typescript";

const here = dirname(fileURLToPath(import.meta.url));
const app = join(here, "..", "src", "prvipe", "web", "page", "app");
const options = {
  allowJs: true,
  checkJs: true,
  strict: true,
  noEmit: true,
  noUnusedLocals: true,
  noUnusedParameters: true,
  target: ts.ScriptTarget.ES2022,
  module: ts.ModuleKind.ES2022,
  moduleResolution: ts.ModuleResolutionKind.Bundler,
  lib: ["lib.es2022.d.ts", "lib.dom.d.ts", "lib.dom.iterable.d.ts"],
  types: [],
};
const host = ts.createCompilerHost(options);
const three = { resolvedFileName: join(here, "three.d.ts"), extension: ".d.ts" };
host.resolveModuleNameLiterals = (names, from) =>
  names.map(({ text }) =>
    text.endsWith("/vendor/three.js")
      ? { resolvedModule: three }
      : ts.resolveModuleName(text, from, options, host),
  );
const files = ts.sys.readDirectory(app, [".js"]);
const found = ts.getPreEmitDiagnostics(ts.createProgram(files, options, host));
console.log(ts.formatDiagnostics(found, host));
console.log(`${files.length} modules, ${found.length} errors`);
process.exitCode = found.length > 0 ? 1 : 0;
