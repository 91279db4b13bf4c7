import type { Schema } from "../api/types.ts";
import { rangeText } from "../time/words.ts";
import { impactText, leftOffText, placeImpactText, texts } from "./changeTexts.ts";

/** Which answers a change would make others: how many past days, and for which transactions. */
export function Impact({ impact }: { impact: Schema<"ProfileImpact"> }) {
  const leftOff = impact.transactions_left_off + impact.sites_left_off;
  return (
    <details>
      <summary>{impactText(impact)}</summary>
      {impact.transactions.length === 0 ? (
        <p className="hint">{texts.noTransactions}</p>
      ) : (
        <ul className="plain stack-tight" aria-label={texts.transactions}>
          {impact.transactions.map((place) => (
            <li key={place.site ?? ""}>
              {placeImpactText(place)}{" "}
              <span className="hint">
                {place.ranges.map((range) => rangeText(range.effective_from, range.effective_to)).join(", ")}
              </span>
            </li>
          ))}
        </ul>
      )}
      {leftOff > 0 && <p className="hint">{leftOffText(leftOff)}</p>}
    </details>
  );
}
