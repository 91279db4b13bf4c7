import assert from "node:assert/strict";
import { test } from "node:test";
import { refusalOf } from "../src/api/refusals.ts";

const STATUS = "422 Unprocessable Entity";

test("of a refusal, the sentence stands apart from the status and the JSON", () => {
  const sentence = 'City must be "known".';
  const reason = `${STATUS}: ${JSON.stringify({ type: "x", detail: sentence })}`;
  assert.deepEqual(refusalOf(reason), { status: STATUS, sentence });
  assert.deepEqual(refusalOf(`${STATUS}: too long: 40`), { status: STATUS, sentence: "too long: 40" });
});

test("an answer that was cut off, or says nothing in words, is shown as it came", () => {
  assert.equal(refusalOf(`${STATUS}: {"detail":"too lo`).sentence, '{"detail":"too lo');
  assert.equal(refusalOf(`${STATUS}: {"detail":[1]}`).sentence, '{"detail":[1]}');
  assert.equal(refusalOf(`${STATUS}: {"detail":"too long","more":"x`).sentence, "too long");
});

test("what is no answer stays as it is, and not mapped is said in words", () => {
  assert.deepEqual(refusalOf("No answer: ConnectError"), { status: null, sentence: "No answer: ConnectError" });
  assert.deepEqual(refusalOf("L51 is No"), { status: null, sentence: "L51 is No" });
  assert.match(refusalOf("not mapped").sentence, /^not mapped to an attribute/);
});
