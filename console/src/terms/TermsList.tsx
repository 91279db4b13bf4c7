import { Fragment } from "react";
import { Badge } from "../design/Badge.tsx";
import { Table } from "../design/Table.tsx";
import {
  AMOUNTS,
  type AmountName,
  GROUPS,
  labelOf,
  OPTIONS,
  type Terms,
  termsByPath,
  type Value,
  valueText,
} from "./options.ts";
import "./terms.css";
import { texts, wasText } from "./texts.ts";

interface Props {
  terms: Terms;
  /** What differs from these is marked. */
  before?: Terms;
}

/** Options in the groups of a form, then amounts by currency; what is not set is folded. */
export function TermsList({ terms, before = terms }: Props) {
  const now = termsByPath(terms);
  const earlier = termsByPath(before);
  const isShown = (path: string) => now.has(path) || earlier.has(path);
  const groups = GROUPS.map(
    ([title, names]) => [title, names.map((name) => `options.${name}`).filter(isShown)] as const,
  );
  const attributes = [...new Set([...now.keys(), ...earlier.keys()])].filter((path) => path.startsWith("attributes."));
  const notSet = Object.keys(OPTIONS).filter((name) => !isShown(`options.${name}`));
  return (
    <div className="stack">
      <div className="terms">
        {[...groups, [texts.attributes, attributes] as const]
          .filter(([, paths]) => paths.length > 0)
          .map(([title, paths]) => (
            <section key={title} className="stack-tight" aria-label={title}>
              <h3>{title}</h3>
              <dl className="facts">
                {paths.map((path) => (
                  <Fragment key={path}>
                    <dt>{labelOf(path)}</dt>
                    <dd>
                      <Shown value={now.get(path)} before={earlier.get(path)} />
                    </dd>
                  </Fragment>
                ))}
              </dl>
            </section>
          ))}
      </div>
      <Amounts now={now} before={earlier} />
      {notSet.length > 0 && (
        <details>
          <summary>
            {notSet.length} {texts.notSetOptions}
          </summary>
          <p className="hint">{notSet.map((name) => labelOf(`options.${name}`)).join(", ")}</p>
        </details>
      )}
    </div>
  );
}

type ByPath = ReadonlyMap<string, Value>;

/** The amounts as a table with a column for each currency. */
function Amounts({ now, before }: { now: ByPath; before: ByPath }) {
  const paths = [...new Set([...now.keys(), ...before.keys()])].filter((path) => path.startsWith("amounts."));
  const currencies = [...new Set(paths.map((path) => path.split(".")[1] ?? ""))].sort();
  const names = (Object.keys(AMOUNTS) as AmountName[]).filter((name) =>
    paths.some((path) => path.endsWith(`.${name}`)),
  );
  if (names.length === 0) return null;
  return (
    <section className="stack-tight terms-amounts" aria-label={texts.amounts}>
      <h3>{texts.amounts}</h3>
      <Table
        caption={texts.amounts}
        rows={names}
        keyOf={(name) => name}
        columns={[
          { head: texts.amount, cell: (name) => AMOUNTS[name] },
          ...currencies.map((currency) => ({
            head: currency,
            align: "end" as const,
            cell: (name: AmountName) => {
              const path = `amounts.${currency}.${name}`;
              return paths.includes(path) && <Shown value={now.get(path)} before={before.get(path)} />;
            },
          })),
        ]}
      />
    </section>
  );
}

/** A value, and what it was before where it is another. */
function Shown({ value, before }: { value: Value | undefined; before: Value | undefined }) {
  const text = textOf(value);
  const earlier = textOf(before);
  if (text === earlier) return text;
  return (
    <>
      {text} <Badge tone="accent">{texts.changed}</Badge> <span className="hint">{wasText(earlier)}</span>
    </>
  );
}

function textOf(value: Value | undefined): string {
  return value === undefined ? texts.notSetValue : valueText(value);
}
