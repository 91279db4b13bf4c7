import { useMutation } from "@tanstack/react-query";
import { Action } from "../design/Action.tsx";
import { Badge } from "../design/Badge.tsx";
import { Copy } from "../design/Copy.tsx";
import { Problem } from "../design/Problem.tsx";
import { To } from "../design/To.tsx";
import { Days, Instant } from "../design/When.tsx";
import { SOURCES } from "../history/texts.ts";
import { WHOLE } from "../time/words.ts";
import { Changes } from "./Changes.tsx";
import { saveProof } from "./proving.ts";
import type { Entry } from "./queries.ts";
import { Thing } from "./Thing.tsx";
import { texts } from "./texts.ts";

const MOST_CHANGES = 100;

interface Props {
  entry: Entry;
  /** It is shown elsewhere than on its own page. */
  hasPage?: boolean;
}

/** All that an event says, in words and as JSON. */
export function EventFacts({ entry, hasPage = false }: Props) {
  const together = new URLSearchParams({ correlation_id: entry.correlation_id });
  const proof = useMutation({ mutationFn: () => saveProof(entry) });
  const caused = new URLSearchParams({ causation_id: entry.event_id });
  const about = new URLSearchParams({ kind: entry.kind, key: entry.key });
  return (
    <div className="stack">
      <dl className="facts">
        <dt>{texts.kind}</dt>
        <dd>
          <Thing kind={entry.kind} name={entry.key} />
        </dd>
        <dt>{texts.when}</dt>
        <dd>
          <Instant at={entry.recorded_at} precision={WHOLE} />
        </dd>
        <dt>{texts.who}</dt>
        <dd>
          {entry.actor}, {entry.role}, {SOURCES[entry.source]}
        </dd>
        {entry.reason !== null && (
          <>
            <dt>{texts.why}</dt>
            <dd>{entry.reason}</dd>
          </>
        )}
        {entry.effective_from !== null && <Standing entry={entry} from={entry.effective_from} />}
        <dt>{texts.changes}</dt>
        <dd>
          <Changes entry={entry} most={MOST_CHANGES} />
        </dd>
        <dt>{texts.position}</dt>
        <dd>{entry.position.toLocaleString()}</dd>
        <dt>{texts.id}</dt>
        <dd>
          <code>{entry.event_id}</code>
        </dd>
        <dt>{texts.cause}</dt>
        <dd>
          {entry.caused_by === null ? (
            <code>{entry.causation_id}</code>
          ) : (
            <To href={`/audit/${entry.caused_by}`}>{entry.caused_by}</To>
          )}
        </dd>
      </dl>
      <div className="row">
        <To href={`/audit?${together}`}>{texts.together}</To>
        <To href={`/audit?${about}`}>{texts.ofThing}</To>
        {entry.caused.length > 0 && <To href={`/audit?${caused}`}>{texts.caused}</To>}
        {hasPage && <To href={`/audit/${entry.event_id}`}>{texts.page}</To>}
        <Action onClick={() => proof.mutate()}>{texts.proofOfEvent}</Action>
      </div>
      {proof.error && <Problem error={proof.error} />}
      <Json entry={entry} />
    </div>
  );
}

function Standing({ entry, from }: { entry: Entry; from: string }) {
  return (
    <>
      <dt>{texts.effective}</dt>
      <dd>
        <Days from={from} to={entry.effective_to} />{" "}
        {entry.back_dated && <Badge tone="warning">{texts.backDated}</Badge>}
      </dd>
      <dt>{texts.inForce}</dt>
      <dd>
        {entry.in_force.length === 0 ? texts.nowhere : null}
        <ul className="plain">
          {entry.in_force.map((days) => (
            <li key={`${days.effective_from} ${days.about}`}>
              <Days from={days.effective_from} to={days.effective_to} />
              <span className="hint"> {days.about.join(", ")}</span>
            </li>
          ))}
        </ul>
      </dd>
      {entry.superseded_by !== null && (
        <>
          <dt>{texts.superseded}</dt>
          <dd>
            <To href={`/audit/${entry.superseded_by}`}>{entry.superseded_by}</To>
          </dd>
        </>
      )}
    </>
  );
}

function Json({ entry }: { entry: Entry }) {
  const json = JSON.stringify(entry, null, 2);

  return (
    <details>
      <summary>{texts.whole}</summary>
      <Copy text={json}>{texts.copy}</Copy>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard */}
      <section className="audit-json" tabIndex={0} aria-label={texts.whole}>
        <pre>{json}</pre>
      </section>
    </details>
  );
}
