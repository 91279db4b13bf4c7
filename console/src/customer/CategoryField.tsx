import { useMe } from "../api/session.ts";
import { Field } from "../design/Field.tsx";
import { rangeText, timeText } from "../time/words.ts";
import { type Conflict, type DrawerCategory, description, needsAnswer, shownValue } from "./drawer.ts";
import { storedSince, drawerTexts as texts, theirs } from "./texts.ts";

interface Props {
  category: DrawerCategory;
  value: string;
  onChoose: (value: string) => void;
  errors: readonly string[];
  hasFocus: boolean;
  conflict?: Conflict;
  /** Who answered meanwhile, and when. */
  meanwhile?: { by?: string; at?: string };
}

/** One category of the drawer: a select, or both answers where somebody else was there first. */
export function CategoryField({ category, value, onChoose, errors, hasFocus, conflict, meanwhile }: Props) {
  const label = category.required ? `${category.description} ${texts.required}` : category.description;
  if (conflict) return <Both {...{ category, label, onChoose, conflict, meanwhile }} />;
  return (
    <Field label={label} name={nameOf(category)} hint={hint(category)} errors={errors}>
      {(input) => (
        // biome-ignore lint/a11y/noAutofocus: a dialog that opens has the focus where its work begins
        <select {...input} autoFocus={hasFocus} value={value} onChange={(event) => onChoose(event.target.value)}>
          {category.blank_offered && <option value="">{texts.blank}</option>}
          {needsAnswer(category) && (
            <option value="" disabled>
              {texts.choose}
            </option>
          )}
          {category.choices.map((choice) => (
            <option key={choice.code} value={choice.code}>
              {choice.description}
            </option>
          ))}
        </select>
      )}
    </Field>
  );
}

/** Returns the path under which the API names a category's response in errors. */
export function nameOf(category: DrawerCategory): string {
  return `responses.${category.code}`;
}

function hint(category: DrawerCategory): string | undefined {
  if (category.shown === "defaulted") return texts.defaulted;
  return storedHint(category);
}

/** Returns since when an answer is stored; undefined where none is. */
export function storedHint(category: DrawerCategory): string | undefined {
  if (category.shown !== "stored" || category.effective_from === null) return undefined;
  return storedSince(rangeText(category.effective_from, category.effective_to), category.changed_by);
}

type BothProps = Pick<Props, "category" | "onChoose" | "meanwhile"> & { label: string; conflict: Conflict };

function Both({ category, label, onChoose, conflict, meanwhile }: BothProps) {
  const { time_zone } = useMe();
  const at = meanwhile?.at && timeText(meanwhile.at, time_zone);
  const words = (answer: string) => (answer === "" ? texts.blank : description(category, answer));
  const answers = [
    [conflict.theirs, theirs(words(conflict.theirs), meanwhile?.by, at)],
    [conflict.yours, `${words(conflict.yours)}, ${texts.yours}`],
  ] as const;
  return (
    <fieldset className="choice">
      <legend>{label}</legend>
      <p className="hint">{texts.chooseOne}</p>
      {answers.map(([answer, text]) => (
        <label key={text}>
          <input
            type="radio"
            name={nameOf(category)}
            checked={conflict.picked === answer}
            onChange={() => onChoose(answer)}
          />{" "}
          {text}
        </label>
      ))}
    </fieldset>
  );
}

/** Returns the code of the category that the focus goes to: the first that needs an answer, else the first. */
export function focusCode(categories: readonly DrawerCategory[]): number | undefined {
  return (categories.find((category) => needsAnswer(category)) ?? categories[0])?.code;
}

/** Returns what the field shows: what was chosen, else what is shown anyway. */
export function fieldValue(category: DrawerCategory, chosen: string | undefined): string {
  return chosen ?? shownValue(category);
}
