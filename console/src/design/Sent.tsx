import { refusalOf } from "../api/refusals.ts";

const NO_VALUE = "–";
const PERSONAL = "personal value, not shown here";

/** A value on its way to Customer Engagement, and the one that was put in its place. */
export interface Sent {
  value: string | null;
  personal: boolean;
  corrected: boolean;
  corrected_value: string | null;
}

/** The value that is really sent; where it was corrected, what it was corrected from, too. */
export function SentValue({ sent }: { sent: Sent }) {
  const recorded = sent.personal ? PERSONAL : (sent.value ?? NO_VALUE);
  if (!sent.corrected) return recorded;
  return (
    <>
      {sent.corrected_value ?? "(no value)"}
      <div className="hint">corrected from “{recorded}”, only in what is sent: Dossier was not changed</div>
    </>
  );
}

/** Why a value was not taken: the sentence of the other side, and the status of its answer apart. */
export function RefusalText({ reason }: { reason: string }) {
  const { sentence, status } = refusalOf(reason);
  return (
    <>
      {sentence}
      {status && <div className="hint">{status}</div>}
    </>
  );
}
