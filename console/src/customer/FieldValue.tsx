import { Action } from "../design/Action.tsx";
import { Instant } from "../design/When.tsx";
import { dayText, rangeText } from "../time/words.ts";
import type { WidgetField } from "./edits.ts";
import { SOURCE, texts, widgetTexts } from "./texts.ts";

interface Props {
  field: WidgetField;
  unmasked?: string | null;
  /** Shows the masked value; absent where the role may not. */
  onShow?: () => void;
}

/** A field with its value, and where the value comes from. */
export function FieldValue({ field, unmasked, onShow }: Props) {
  const isShown = field.masked && unmasked !== undefined;
  const isHidden = field.masked && field.value !== null && !isShown;
  return (
    <dl>
      <dt>{field.label}</dt>
      <dd>
        <Value field={field} value={isShown ? unmasked : field.value} />
        {isHidden && onShow && (
          <Action look="quiet" title={widgetTexts.recorded} onClick={onShow}>
            {widgetTexts.show}
            <span className="unseen">
              {" "}
              {field.label}. {widgetTexts.recorded}
            </span>
          </Action>
        )}
        {field.changed_at && <Origin field={field} changedAt={field.changed_at} />}
      </dd>
    </dl>
  );
}

const DAY = /^\d{4}-\d{2}-\d{2}$/;

/** A value as its type is written. */
export function Value({ field, value }: { field: WidgetField; value: string | null }) {
  if (value === null) return texts.noValue;
  if (field.type === "date" && DAY.test(value)) return dayText(value);
  if (field.type === "datetime" && !Number.isNaN(Date.parse(value))) return <Instant at={value} />;
  return value;
}

function Origin({ field, changedAt }: { field: WidgetField; changedAt: string }) {
  return (
    <details>
      <summary>
        {texts.details}
        <span className="unseen">: {field.label}</span>
      </summary>
      {SOURCE[field.source ?? ""] ?? field.source} by {field.changed_by}, <Instant at={changedAt} />
      {field.effective_from && `; holds ${rangeText(field.effective_from, field.effective_to ?? null)}`}
    </details>
  );
}
