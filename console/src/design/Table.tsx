import type { KeyboardEvent, ReactNode } from "react";
import { withPoint } from "../time/point.ts";
import { usePoint } from "../time/usePoint.ts";
import { useJustChanged } from "./useJustChanged.ts";

export interface Column<Row> {
  head: string;
  cell: (row: Row) => ReactNode;
  /** Numbers stand at the end. */
  align?: "end";
}

interface Props<Row> {
  caption: string;
  /** The panel's title says the same already. */
  captionUnseen?: boolean;
  columns: readonly [Column<Row>, ...Column<Row>[]];
  rows: readonly Row[];
  keyOf: (row: Row) => string;
  /** Rows that change while the table is looked at are marked for a moment. */
  marksChanges?: boolean;
}

const STEPS: Readonly<Record<string, number>> = { ArrowDown: 1, ArrowUp: -1 };

/** Arrow keys go from the link that names a row to that of the next one. */
function goToNextRow(event: KeyboardEvent<HTMLElement>) {
  const links = [...event.currentTarget.querySelectorAll<HTMLElement>("tbody th :is(a, button)")];
  const index = event.target instanceof HTMLElement ? links.indexOf(event.target) : -1;
  const step = STEPS[event.key];
  if (index === -1 || step === undefined || event.ctrlKey || event.metaKey || event.altKey) return;
  event.preventDefault();
  links[index + step]?.focus();
}

/** A table whose first column names the row. */
export function Table<Row>({ caption, captionUnseen = true, columns, rows, keyOf, marksChanges = false }: Props<Row>) {
  const [first, ...others] = columns;
  const point = withPoint("", usePoint());
  const justChanged = useJustChanged(point, marksChanges ? rows : [], keyOf);
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard
    // biome-ignore lint/a11y/useSemanticElements: it is no part of a form
    <div className="table-scroll" role="group" aria-label={caption} tabIndex={0} onKeyDown={goToNextRow}>
      <table className="stacks">
        <caption className={captionUnseen ? "unseen" : undefined}>{caption}</caption>
        <thead>
          <tr>
            {columns.map((column) => (
              <th key={column.head} scope="col" className={column.align}>
                {column.head}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={keyOf(row)} className={justChanged.has(keyOf(row)) ? "just-changed" : undefined}>
              <th scope="row" className={first.align} data-head={first.head}>
                {first.cell(row)}
              </th>
              {others.map((column) => (
                <td key={column.head} className={column.align} data-head={column.head}>
                  {column.cell(row)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
