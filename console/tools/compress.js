// Writes each built file a second and a third time, as .gz and .br, and the table of pages for the server's preloads.
import { copyFileSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";

const built = fileURLToPath(new URL("../../src/api/console/built/", import.meta.url));

for (const name of readdirSync(`${built}assets`)) {
  const file = `${built}assets/${name}`;
  const content = readFileSync(file);
  const parameters = { [constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MAX_QUALITY };
  writeFileSync(`${file}.gz`, gzipSync(content, { level: constants.Z_BEST_COMPRESSION }));
  writeFileSync(`${file}.br`, brotliCompressSync(content, { params: parameters }));
}
copyFileSync(new URL("../src/routes.json", import.meta.url), `${built}routes.json`);
