import { useLabels } from "../api/useLabels.ts";
import { Days } from "../design/When.tsx";
import { type Change, hasOwnDays, labelOfChange, valueText } from "./changed.ts";
import type { Entry } from "./queries.ts";
import { moreChanges, texts } from "./texts.ts";

interface Props {
  entry: Entry;
  /** The number of values that are shown at once. */
  most: number;
}

/** The values that an event changed, each before and after. */
export function Changes({ entry, most }: Props) {
  const { changes } = entry;
  if (changes.length === 0) return <span className="muted">{texts.noChange}</span>;
  const others = changes.slice(most);
  return (
    <>
      <List changes={changes.slice(0, most)} entry={entry} />
      {others.length > 0 && (
        <details>
          <summary>{moreChanges(others.length)}</summary>
          <List changes={others} entry={entry} />
        </details>
      )}
    </>
  );
}

function List({ changes, entry }: { changes: readonly Change[]; entry: Entry }) {
  const labels = useLabels();
  return (
    <ul className="plain audit-changes">
      {changes.map((change) => (
        <li key={`${change.field} ${change.effective_from}`}>
          <span title={change.field}>{labelOfChange(change.field, labels)}</span>
          {hasOwnDays(change, entry) && change.effective_from && (
            <span className="hint">
              {" "}
              <Days from={change.effective_from} to={change.effective_to} />
            </span>
          )}
          <BeforeAndAfter change={change} />
        </li>
      ))}
    </ul>
  );
}

/** A value that was not there before is shown as what it is now. */
function BeforeAndAfter({ change: { before, after } }: { change: Change }) {
  return (
    <span className="audit-values">
      <span className="unseen">{texts.was} </span>
      {before === null ? <span className="unseen">{texts.nothing}</span> : <s>{valueText(before)}</s>}{" "}
      <span aria-hidden="true">→</span>
      <span className="unseen">, {texts.isNow}</span> {valueText(after)}
    </span>
  );
}
