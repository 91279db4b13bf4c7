// Writes src/api/rights.ts from docs/openapi.json: who may call which operation, and which headers the operations take.
import { readFileSync, writeFileSync } from "node:fs";

const METHODS = new Set(["get", "post", "put", "patch", "delete"]);
const document = JSON.parse(readFileSync(new URL("../../docs/openapi.json", import.meta.url), "utf8"));

const operations = Object.entries(document.paths)
  .flatMap(([path, item]) => Object.entries(item).map(([method, operation]) => ({ path, method, operation })))
  .filter(({ method, operation }) => METHODS.has(method) && operation["x-roles"]);

const rights = operations.map(
  ({ operation }) => `  ${operation.operationId}: ${JSON.stringify(operation["x-roles"])},`,
);
const headers = operations.map(({ path, method, operation }) => {
  const names = (operation.parameters ?? []).filter((parameter) => parameter.in === "header").map(({ name }) => name);
  return `  ${JSON.stringify(`${method.toUpperCase()} ${path}`)}: ${JSON.stringify(names)},`;
});

writeFileSync(
  new URL("../src/api/rights.ts", import.meta.url),
  `// Made from docs/openapi.json by tools/rights.js.
export const RIGHTS = {
${rights.sort().join("\n")}
} as const;

export const HEADERS: Readonly<Record<string, readonly string[]>> = {
${headers.sort().join("\n")}
};
`,
);
