/** What is installed is what the lock file says: versions and hashes, no addresses, and nothing that runs while it is installed. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

interface Package {
  version: string;
  integrity?: string;
  resolved?: string;
  hasInstallScript?: true;
}

const lock: { packages: Record<string, Package> } = JSON.parse(
  readFileSync(new URL("../package-lock.json", import.meta.url), "utf8"),
);

for (const [name, entry] of Object.entries(lock.packages).filter(([path]) => path !== "")) {
  test(`${name} has a hash, no address and no install script`, () => {
    assert.match(entry.integrity ?? "", /^sha512-/);
    assert.equal(entry.resolved, undefined);
    assert.equal(entry.hasInstallScript, undefined);
  });
}
