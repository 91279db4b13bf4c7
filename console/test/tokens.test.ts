/** The contrast of every pair of colours that stands on each other (WCAG 2.2, 1.4.3 and 1.4.11). */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

const css = readFileSync(new URL("../src/design/tokens.css", import.meta.url), "utf8");
const colours = new Map(
  [...css.matchAll(/--([\w-]+): light-dark\((#\w{6}), (#\w{6})\)/g)].map(([, name, light, dark]) => [
    name ?? "",
    [light ?? "", dark ?? ""] as const,
  ]),
);

const PAIRS: readonly (readonly [string, string, number])[] = [
  ["edge", "surface", 3],
  ["edge", "sunken", 3],
  ["text", "surface", 4.5],
  ["text", "canvas", 4.5],
  ["text", "sunken", 4.5],
  ["muted", "surface", 4.5],
  ["muted", "canvas", 4.5],
  ["muted", "sunken", 4.5],
  ["accent", "surface", 4.5],
  ["accent", "canvas", 4.5],
  ["accent", "accent-tint", 4.5],
  ["on-accent", "accent", 4.5],
  ["on-accent", "accent-hover", 4.5],
  ["success", "success-tint", 4.5],
  ["warning", "warning-tint", 4.5],
  ["danger", "danger-tint", 4.5],
  ["danger", "surface", 4.5],
  ["focus", "surface", 3],
  ["focus", "accent-tint", 3],
  ...["slate", "blue", "amber", "teal", "violet", "rose", "green", "clay"].flatMap(
    (hue) =>
      [
        [`${hue}-ink`, `${hue}-fill`, 9.5],
        [`${hue}-edge`, "surface", 4.8],
        [`${hue}-edge`, `${hue}-fill`, 3.9],
      ] as const,
  ),
];

for (const [front, back, least] of PAIRS) {
  test(`${front} on ${back} has a contrast of ${least} at least, in both themes`, () => {
    for (const theme of [0, 1] as const) {
      const ratio = contrast(colour(front, theme), colour(back, theme));
      assert.ok(ratio >= least, `${ratio.toFixed(2)} in the ${theme === 0 ? "light" : "dark"} theme`);
    }
  });
}

function colour(name: string, theme: 0 | 1): string {
  const pair = colours.get(name);
  assert.ok(pair, `no colour ${name}`);
  return pair[theme];
}

function contrast(one: string, other: string): number {
  const [lighter, darker] = [luminance(one), luminance(other)].sort((a, b) => b - a) as [number, number];
  return (lighter + 0.05) / (darker + 0.05);
}

function luminance(hex: string): number {
  const [red, green, blue] = [1, 3, 5].map((start) => {
    const share = Number.parseInt(hex.slice(start, start + 2), 16) / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  }) as [number, number, number];
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}
