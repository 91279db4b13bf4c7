import type { UseQueryResult } from "@tanstack/react-query";
import type { Schema } from "../api/types.ts";
import { Empty } from "../design/Empty.tsx";
import { Notice } from "../design/Notice.tsx";
import { Panel } from "../design/Panel.tsx";
import { labelOf, type Value, valueText } from "../terms/options.ts";
import { texts as termTexts } from "../terms/texts.ts";
import { daysText, summaryText, texts } from "./changeTexts.ts";
import { Impact } from "./Impact.tsx";
import type { useChange } from "./useChange.ts";

type Preview = Schema<"ProfilePreviewRead">;

interface Props {
  form: ReturnType<typeof useChange>;
  query: UseQueryResult<Preview>;
}

/** What the change would do: in one line, the warnings, and the periods with what differs. */
export function ChangePreview({ form, query }: Props) {
  if (form.change === null) {
    return (
      <section className="panel" aria-label={texts.preview}>
        <h2>{texts.preview}</h2>
        <Empty text={texts.noPreview} />
      </section>
    );
  }
  return (
    <Panel title={texts.preview} query={query}>
      {(preview) => (
        <div className={form.isCurrent ? "stack" : "stack waits"}>
          {preview.changed ? <Effect preview={preview} /> : <p>{texts.nothing}</p>}
        </div>
      )}
    </Panel>
  );
}

function Effect({ preview }: { preview: Preview }) {
  const summary = summaryText(preview);
  return (
    <>
      {summary !== "" && <p>{summary}</p>}
      {preview.warnings.map(({ code, text, days }) => (
        <Notice key={code} tone="warning">
          <p>
            {text} <span className="hint">{days.map(daysText).join(", ")}</span>
          </p>
        </Notice>
      ))}
      <ol className="plain stack" aria-label={texts.period}>
        {preview.periods.map((period) => (
          <li key={period.effective_from} className="stack-tight">
            <strong>{daysText(period)}</strong>
            <span>
              {named(period.before)} → {named(period.after)}
            </span>
            <Differences differences={period.differences} />
          </li>
        ))}
      </ol>
      {preview.impact && <Impact impact={preview.impact} />}
    </>
  );
}

function named(profile: Schema<"PreviewProfile"> | null): string {
  return profile === null ? texts.noProfile : `${profile.profile_class}, version ${profile.class_version}`;
}

const ABOUT_CLASS = ["profile_class", "class_version"];

function Differences({ differences }: { differences: readonly Schema<"PreviewDifference">[] }) {
  const values = differences.filter(({ field }) => !ABOUT_CLASS.includes(field));
  if (values.length === 0) return null;
  return (
    <ul className="plain hint">
      {values.map(({ field, before, after }) => (
        <li key={field}>
          {labelOf(field)}: {shown(before)} → {shown(after)}
        </li>
      ))}
    </ul>
  );
}

function shown(value: Value | null): string {
  return value === null ? termTexts.notSetValue : valueText(value);
}
