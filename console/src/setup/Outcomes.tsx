import type { Schema } from "../api/types.ts";
import { OUTCOMES, type Outcome, profiles } from "./classTexts.ts";

/** How many profiles changed, stayed or were skipped; said aloud once it is over. */
export function Outcomes({ counts, isOver }: { counts: Readonly<Record<Outcome, number>>; isOver: boolean }) {
  return (
    <>
      <dl className="counts">
        {OUTCOMES.map((outcome) => (
          <div key={outcome}>
            <dt className="label">{outcome}</dt>
            <dd>{counts[outcome]}</dd>
          </div>
        ))}
      </dl>
      {isOver && (
        <p className="unseen" role="status">
          {OUTCOMES.map((outcome) => `${counts[outcome]} ${outcome}`).join(", ")}
        </p>
      )}
    </>
  );
}

/** Why profiles stay as they are. */
export function Reasons({ reasons }: { reasons: readonly Schema<"Reason">[] }) {
  if (reasons.length === 0) return null;
  return (
    <ul>
      {reasons.map(({ outcome, reason, profiles: count }) => (
        <li key={`${outcome} ${reason}`}>
          {profiles(count)} {outcome}: {reason}
        </li>
      ))}
    </ul>
  );
}
