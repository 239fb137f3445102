// Bundles src/ into dist/: three files which need no network when they are viewed.
import { copyFile, mkdir } from "node:fs/promises";
import { build } from "esbuild";

const here = (path) => new URL(path, import.meta.url).pathname;

await mkdir(here("dist"), { recursive: true });
await build({
  entryPoints: [here("src/page.js")],
  outdir: here("dist"),
  bundle: true,
  minify: true,
  format: "iife",
  target: "es2022",
  jsx: "automatic",
  loader: { ".woff2": "dataurl" },
  define: { "process.env.NODE_ENV": '"production"' },
  legalComments: "linked",
  logLevel: "warning",
});
await copyFile(here("src/index.html"), here("dist/index.html"));
