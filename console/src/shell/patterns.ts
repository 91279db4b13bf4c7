/** Patterns of paths, such as `/accounts/:account`, against a path as it stands in the address. */

const PARAMETER = /:(\w+)/g;

/** Returns a pattern for the router. What it finds is decoded part by part, so that a part may hold any character. */
export function parsePattern(pattern: string): { pattern: Pick<RegExp, "exec">; keys: string[] } {
  if (pattern === "*") return { pattern: /^/, keys: [] };
  const expression = new RegExp(`^${pattern.replaceAll(PARAMETER, "([^/]+)")}/?$`);
  return {
    keys: [...pattern.matchAll(PARAMETER)].map(([, name = ""]) => name),
    pattern: {
      exec(path) {
        const found = expression.exec(path);
        return found && Object.assign(found, found.map(decoded));
      },
    },
  };
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
