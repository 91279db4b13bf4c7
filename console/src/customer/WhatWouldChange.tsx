import type { Schema } from "../api/types.ts";
import { Reading } from "../design/Panel.tsx";
import { Instant } from "../design/When.tsx";
import { pastDaysText } from "../history/texts.ts";
import { rangeText } from "../time/words.ts";
import { moreText, impactTexts as texts } from "./impactTexts.ts";
import type { Impact } from "./useImpact.ts";

/** What a change would do, for whoever wants to see that before saving it: answers about days, and what was sent already. */
export function WhatWouldChange({ impact: { isOpen, setOpen, isCurrent, query } }: { impact: Impact }) {
  return (
    <details open={isOpen} onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>{texts.whatWouldChange}</summary>
      {isOpen && (
        <Reading query={query}>
          {(preview) => (
            <div className={isCurrent ? "stack-tight" : "stack-tight waits"}>
              {preview.changes.length > 0 ? <Changes {...preview} /> : <p>{texts.nothing}</p>}
              {preview.impact && preview.changes.length > 0 && <Answers impact={preview.impact} />}
            </div>
          )}
        </Reading>
      )}
    </details>
  );
}

type Preview = Schema<"CustomerPreviewRead">;

function Changes({ changes, changes_left_off }: Pick<Preview, "changes" | "changes_left_off">) {
  return (
    <>
      <ul className="plain stack-tight" aria-label={texts.changes}>
        {changes.map((change) => (
          <li key={`${change.field} ${change.effective_from}`}>
            {change.label}: {change.before_description ?? change.before ?? texts.notSet} →{" "}
            {change.after_description ?? change.after ?? texts.notSet}{" "}
            <span className="hint">{rangeText(change.effective_from, change.effective_to)}</span>
          </li>
        ))}
      </ul>
      {changes_left_off > 0 && <p className="hint">{moreText(changes_left_off, "change")}</p>}
    </>
  );
}

function Answers({ impact }: { impact: Schema<"CustomerImpact"> }) {
  return (
    <>
      <p>{pastDaysText(impact.past_days)}.</p>
      {impact.deliveries.length === 0 ? (
        <p className="hint">{texts.noDeliveries}</p>
      ) : (
        <>
          <p>{texts.deliveries}:</p>
          <ul className="plain stack-tight" aria-label={texts.deliveries}>
            {impact.deliveries.map(({ delivery_id, attribute, sent_at, days }) => (
              <li key={delivery_id}>
                {attribute}, {texts.sent} <Instant at={sent_at} />{" "}
                <span className="hint">
                  {days.map(({ effective_from, effective_to }) => rangeText(effective_from, effective_to)).join(", ")}
                </span>
              </li>
            ))}
          </ul>
        </>
      )}
      {impact.deliveries_left_off > 0 && <p className="hint">{moreText(impact.deliveries_left_off, "delivery")}</p>}
    </>
  );
}
