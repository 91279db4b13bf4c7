/** Imports go one way: api, time → design → shell, picture, history, terms, explanation → page families → the entries. */
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

const SRC = fileURLToPath(new URL("../src/", import.meta.url));
const LEVELS = [["api", "time"], ["design"], ["shell", "picture", "history", "terms", "explanation"]];
const FAMILIES = LEVELS.length;

const files = readdirSync(SRC, { recursive: true, encoding: "utf8" }).filter((name) => /\.tsx?$/.test(name));

/** The level of a folder; the entries, which lie beside the folders, may import everything. */
function level(folder: string): number {
  if (folder === "") return FAMILIES + 1;
  const index = LEVELS.findIndex((folders) => folders.includes(folder));
  return index === -1 ? FAMILIES : index;
}

function folderOf(name: string): string {
  return name.includes("/") ? (name.split("/")[0] ?? "") : "";
}

function importsOf(name: string): string[] {
  const text = readFileSync(SRC + name, "utf8");
  const base = new URL(name, "file:///");
  return [...text.matchAll(/from "(\.[^"]+\.tsx?)"/g)].map(([, path]) => new URL(path ?? "", base).pathname.slice(1));
}

for (const name of files) {
  test(`${name} imports only what stands before it`, () => {
    const folder = folderOf(name);
    for (const imported of importsOf(name)) {
      const other = folderOf(imported);
      if (other === folder) continue;
      const isAllowed = level(other) < level(folder) || (level(other) === level(folder) && level(folder) < FAMILIES);
      assert.ok(isAllowed, `${name} imports ${imported}`);
    }
  });
}

test("no file is longer than 300 lines", () => {
  for (const name of files.filter((each) => !each.startsWith("api/schema") && !each.startsWith("api/rights"))) {
    assert.ok(readFileSync(SRC + name, "utf8").split("\n").length <= 300, name);
  }
});
