import optimizeLocales from "@react-aria/optimize-locales-plugin";
import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

/** What every page needs: one file, so that a first visit is few requests. */
const BASE =
  /console\/src\/(api|time|design|shell|history)\/|\/(react|react-dom|scheduler|@tanstack)\/|rolldown\/runtime/;
/** What pages about profiles share: they need both, and a file each would be a request more. */
const PROFILES = /console\/src\/(picture|terms)\//;
/** What the pages of a family share is one file, too; what only one of them needs is in its own. */
const FAMILY = /console\/src\/(?!shell)(\w+)\/(?!\w+Page\.tsx)/;

export default defineConfig({
  base: "/",
  logLevel: "warn",
  plugins: [
    react(),
    // Without it, the component library ships its texts in every language.
    { ...optimizeLocales.vite({ locales: ["en-US"] }), enforce: "pre" },
  ],
  build: {
    outDir: "../src/api/console/built",
    emptyOutDir: true,
    manifest: "manifest.json",
    license: { fileName: "licenses.md" },
    // The pages are served under a policy without inline scripts and images.
    modulePreload: { polyfill: false },
    assetsInlineLimit: 0,
    cssCodeSplit: false,
    target: "es2023",
    reportCompressedSize: false,
    rolldownOptions: {
      input: ["index.html", "embed.html"],
      output: {
        codeSplitting: {
          groups: [
            { name: "base", test: BASE, priority: 3 },
            { name: "profiles", test: PROFILES, priority: 2 },
            {
              name: (id) => FAMILY.exec(id)?.[1] ?? null,
              test: FAMILY,
              priority: 1,
              minShareCount: 2,
              debugName: "families",
            },
          ],
        },
      },
    },
  },
});
