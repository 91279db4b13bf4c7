import { useQuery } from "@tanstack/react-query";
import { problemOf } from "../api/problems.ts";
import { idOf } from "../design/Field.tsx";
import { Values } from "../terms/Values.tsx";
import { texts } from "./changeTexts.ts";
import type { Act } from "./draft.ts";
import type { Place } from "./place.ts";
import { classesQuery } from "./queries.ts";
import type { useChange } from "./useChange.ts";

interface Props {
  place: Place;
  isFirst: boolean;
  form: ReturnType<typeof useChange>;
}

/** What shall change: a class, single values, or the end of a site's profile. */
export function What({ place, isFirst, form }: Props) {
  const { draft, setDraft } = form;
  const acts: (readonly [Act, string])[] = [
    ["assign", isFirst ? texts.create : texts.assign],
    ...(isFirst ? [] : ([["update", texts.update]] as const)),
    ...(isFirst || place.site === undefined ? [] : ([["end", texts.end]] as const)),
  ];
  return (
    <>
      <fieldset className="stack-tight">
        <legend>{texts.what}</legend>
        {acts.map(([act, label]) => (
          <label key={act} className="row choice-row">
            <input type="radio" name="act" checked={draft.act === act} onChange={() => setDraft({ ...draft, act })} />
            {label}
          </label>
        ))}
      </fieldset>
      {draft.act === "assign" && <Classes form={form} isFirst={isFirst} />}
      {draft.act === "update" && (
        <Values
          rows={draft.rows}
          onChange={(rows) => setDraft({ ...draft, rows })}
          problem={problemOf(form.error ?? form.preview.error)}
        />
      )}
    </>
  );
}

function Classes({ form: { draft, setDraft, preview, error }, isFirst }: Omit<Props, "place">) {
  const { data } = useQuery(classesQuery());
  const errors = problemOf(error ?? preview.error)?.of("profile_class") ?? [];
  const active = (data?.items ?? []).filter((each) => each.active);
  return (
    <fieldset className="stack-tight" id={idOf("profile_class")} tabIndex={-1}>
      <legend>{texts.profileClass}</legend>
      {active.map(({ name, description }) => (
        <label key={name} className="row choice-row">
          <input
            type="radio"
            name="profile_class"
            checked={draft.profileClass === name}
            onChange={() => setDraft({ ...draft, profileClass: name })}
          />
          <span>
            {name} <span className="hint">{description}</span>
          </span>
        </label>
      ))}
      {errors.length > 0 && <p className="error">{errors.join(" ")}</p>}
      {!isFirst && (
        <label className="row choice-row">
          <input
            type="checkbox"
            checked={draft.keepOverrides}
            onChange={(event) => setDraft({ ...draft, keepOverrides: event.target.checked })}
          />
          {texts.keepOverrides}
        </label>
      )}
    </fieldset>
  );
}
