import { Action } from "../design/Action.tsx";
import { Instant } from "../design/When.tsx";
import { WhereFrom } from "../history/WhereFrom.tsx";
import { usePoint } from "../time/usePoint.ts";
import { dayText } from "../time/words.ts";
import type { WidgetField } from "./edits.ts";
import { explainedWidgetQuery } from "./queries.ts";
import { texts, widgetTexts } from "./texts.ts";

interface Props {
  /** The customer's. */
  number: string;
  field: WidgetField;
  unmasked?: string | null;
  /** Shows the masked value; absent where the role may not. */
  onShow?: () => void;
}

/** A field with its value, and where the value comes from. */
export function FieldValue({ number, field, unmasked, onShow }: Props) {
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
        {field.changed_at && <Origin number={number} field={field} />}
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

function Origin({ number, field }: { number: string; field: WidgetField }) {
  const point = usePoint();
  return (
    <WhereFrom
      summary={
        <>
          {texts.details}
          <span className="unseen">: {field.label}</span>
        </>
      }
      path={`fields.${field.key}`}
      query={explainedWidgetQuery(number, point)}
      words={(value) => <Value field={field} value={String(value)} />}
    />
  );
}
