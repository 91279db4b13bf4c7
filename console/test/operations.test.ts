import assert from "node:assert/strict";
import { test } from "node:test";
import {
  concernsOf,
  count,
  duration,
  gravestFirst,
  lagVerdict,
  linePoints,
  modelVerdict,
  type Reading,
  type ReadModel,
  rebuildRate,
  relayVerdict,
  statusVerdict,
  worst,
} from "../src/operations/judging.ts";

function model(name: string, rest: Partial<ReadModel> = {}): ReadModel {
  const nothing = { failure: null, runner: null, rebuild: null };
  return { name, state: "running", position: 100, lag: 0, lag_s: 0, generation: 1, ...nothing, ...rest };
}

function rebuilding(at: string, position: number, started_at: string, active = true): Reading {
  const rebuild = { position, target: 1_000, started_at, active };
  return { at, read_models: [model("drawer", { rebuild })] } as unknown as Reading;
}

test("a lag is told in events and in time", () => {
  assert.deepEqual(lagVerdict(0, 0), { words: "caught up", tone: "success" });
  assert.equal(lagVerdict(1_204, 3.2, "en").words, "behind 1,204, about 3 s");
  assert.equal(lagVerdict(2, 150, "en").words, "behind 2, about 3 min");
});

test("lengths of time are told in their largest unit", () => {
  assert.deepEqual([0, 59, 60, 7_200, 259_200].map(duration), ["0 s", "59 s", "1 min", "2 h", "3 days"]);
  assert.equal(count(12.54, "en"), "12.5");
});

test("a read model that stands still says where", () => {
  const stopped = model("drawer", { state: "stopped", position: 88_412 });
  assert.deepEqual(modelVerdict(stopped, "en"), { words: "stopped at 88,412", tone: "danger" });
  assert.equal(modelVerdict(model("drawer", { state: "unattended", lag: 3 }), "en").tone, "danger");
  assert.equal(modelVerdict(model("drawer", { state: "unattended" }), "en").tone, "warning");
});

test("those that need somebody come first, then by name", () => {
  const models = [
    model("history", { lag: 7 }),
    model("accounts"),
    model("fields", { state: "unattended" }),
    model("drawer", { state: "stopped" }),
  ];
  assert.deepEqual(
    gravestFirst(models).map(({ name }) => name),
    ["drawer", "fields", "accounts", "history"],
  );
  assert.equal(worst(models)?.name, "drawer");
  assert.equal(worst(models.slice(0, 2))?.name, "history");
  assert.equal(worst([]), undefined);
});

test("the rate of a rebuild is that of the present one", () => {
  const before = rebuilding("2026-06-20T10:00:00Z", 900, "2026-06-20T09:00:00Z");
  const first = rebuilding("2026-06-20T10:42:00Z", 0, "2026-06-20T10:42:00Z");
  const last = rebuilding("2026-06-20T10:42:02Z", 200, "2026-06-20T10:42:00Z");
  assert.deepEqual(rebuildRate([before, first, last], "drawer"), { perSecond: 100, secondsLeft: 8 });
  assert.equal(rebuildRate([before, first], "drawer"), null);
  assert.equal(rebuildRate([before, first, last], "history"), null);
});

test("a line goes from the left to the right, and higher is more", () => {
  const points = linePoints([0, 10, 5])
    .split(" ")
    .map((point) => point.split(",").map(Number));
  assert.deepEqual(
    points.map(([x]) => x),
    [0, 60, 120],
  );
  const [low = 0, high = 0, middle = 0] = points.map(([, y]) => y ?? 0);
  assert.ok(low > middle && middle > high);
  assert.doesNotMatch(linePoints([4]), /NaN/);
});

test("dead letters wait under what is wrong, and each fault leads to its place", () => {
  const stopped = { what: "read model drawer", why: "It has stopped.", todo: "Mend it.", blocks: true };
  const relay = { what: "relay", why: "It does not run.", todo: "Start it.", blocks: false };
  const reading = { status: "ready", faults: [stopped, relay], dead_letters: { dead: 2 } } as unknown as Reading;
  assert.deepEqual(
    concernsOf(reading).map(({ what, href }) => [what, href]),
    [
      ["read model drawer", "/operations/read-models/drawer"],
      ["relay", "#path"],
      ["2 dead letters", "/operations/dead-letters"],
    ],
  );
  assert.equal(concernsOf(reading).at(-1)?.why, "2 wait for somebody.");
  assert.notEqual(statusVerdict(reading).words, "everything works");
  assert.equal(statusVerdict({ ...reading, dead_letters: null }).words, "everything works");
});

test("a relay that is neither there nor expected has no broker", () => {
  const reading = { relay: null, processes: [] as { process: string }[] } as unknown as Reading;
  assert.equal(relayVerdict(reading).words, "nothing is relayed: no broker is set");
  const process = { process: "relay", task: "relay", runs: false };
  assert.equal(relayVerdict({ ...reading, processes: [process] }).words, "never ran");
});
