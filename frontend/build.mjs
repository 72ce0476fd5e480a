// Builds everything the browser gets into dist/: scripts and styles (esbuild), one SVG sprite of the
// icons in icons.json, and manifest.json, which maps plain names to file names that carry a hash of
// their content. The server may therefore let browsers keep every file for a year.
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, readdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import * as esbuild from "esbuild";

const here = dirname(fileURLToPath(import.meta.url));
const final = join(here, "dist");
const out = join(here, `dist.${process.pid}.tmp`);

// The oldest browsers met in government offices are Chromium 86–100 builds.
const target = ["chrome90", "firefox90"];

function sprite() {
  const { outline } = JSON.parse(readFileSync(join(here, "icons.json"), "utf8"));
  const symbols = outline.map((name) => {
    const file = join(here, "node_modules/@tabler/icons/icons/outline", `${name}.svg`);
    if (!existsSync(file)) throw new Error(`icons.json names "${name}", which @tabler/icons does not have`);
    const body = readFileSync(file, "utf8")
      .replace(/<!--[\s\S]*?-->/g, "")
      .replace(/^[\s\S]*?<svg[^>]*>/, "")
      .replace(/<\/svg>\s*$/, "")
      .replace(/<path stroke="none"[^>]*\/>/g, "")
      .replace(/\s*\n\s*/g, "");
    return `<symbol id="${name}" viewBox="0 0 24 24">${body}</symbol>`;
  });
  return `<svg xmlns="http://www.w3.org/2000/svg">${symbols.join("")}</svg>\n`;
}

function hashed(name, content) {
  const [stem, extension] = name.split(".");
  const hash = createHash("sha256").update(content).digest("hex").slice(0, 8).toUpperCase();
  const file = `${stem}-${hash}.${extension}`;
  writeFileSync(join(out, file), content);
  return file;
}

async function build() {
  rmSync(out, { recursive: true, force: true });
  mkdirSync(out, { recursive: true });
  const common = {
    absWorkingDir: here,
    bundle: true,
    minify: true,
    metafile: true,
    outdir: out,
    entryNames: "[name]-[hash]",
    chunkNames: "[name]-[hash]",
    target,
    logLevel: "warning",
    legalComments: "none",
  };
  const results = await Promise.all([
    esbuild.build({
      ...common,
      entryPoints: ["src/app.js", "src/app.css"],
      format: "esm",
      splitting: true,
    }),
    // Runs before the first paint, so it is a classic script of its own.
    esbuild.build({ ...common, entryPoints: ["src/theme.js"], format: "iife" }),
  ]);
  const manifest = {};
  for (const { metafile } of results) {
    for (const [file, { entryPoint }] of Object.entries(metafile.outputs)) {
      if (entryPoint?.startsWith("src/") && !entryPoint.includes("/charts/")) {
        manifest[basename(entryPoint)] = basename(file);
      }
    }
  }
  manifest["icons.svg"] = hashed("icons.svg", sprite());
  manifest["favicon.svg"] = hashed("favicon.svg", readFileSync(join(here, "src/favicon.svg")));
  for (const file of readdirSync(out)) {
    const content = readFileSync(join(out, file));
    if (content.length > 1024) writeFileSync(join(out, `${file}.gz`), gzipSync(content, { level: 9 }));
  }
  writeFileSync(join(out, "manifest.json"), `${JSON.stringify(manifest, null, 2)}\n`);
  // Swapped in one go: a server reading dist/ never meets half a build.
  rmSync(final, { recursive: true, force: true });
  renameSync(out, final);
}

try {
  await build();
  if (process.argv.includes("--watch")) {
    const { watch } = await import("node:fs");
    let pending;
    watch(join(here, "src"), { recursive: true }, () => {
      clearTimeout(pending);
      pending = setTimeout(() => build().catch((error) => console.error(error.message)), 100);
    });
  }
} catch (error) {
  rmSync(out, { recursive: true, force: true });
  console.error(error.message);
  process.exit(1);
}
