/** What the other side said when it refused a value, in words. */

export interface Refusal {
  /** The status of the answer, as `422 Unprocessable Entity`; null where nothing was answered. */
  status: string | null;
  sentence: string;
}

const ANSWER = /^(\d{3} [^:]*): (.*)$/s;
/** A JSON string: an answer is kept to a certain length, so its end may be missing. */
const QUOTED = /"(?:detail|message|title|error)"\s*:\s*("(?:[^"\\]|\\.)*")/;
const IN_WORDS: Readonly<Record<string, string>> = {
  "not mapped": "not mapped to an attribute of Customer Engagement, so it is kept here and not sent",
};

/** Returns a recorded reason as the status of the answer and the sentence in it, without the JSON around that. */
export function refusalOf(reason: string): Refusal {
  const [, status = null, answer = reason] = ANSWER.exec(reason) ?? [];
  return { status, sentence: IN_WORDS[answer] ?? sentenceIn(answer) };
}

function sentenceIn(answer: string): string {
  const quoted = answer.startsWith("{") ? QUOTED.exec(answer)?.[1] : undefined;
  if (quoted === undefined) return answer;
  try {
    return String(JSON.parse(quoted)) || answer;
  } catch {
    return answer;
  }
}
