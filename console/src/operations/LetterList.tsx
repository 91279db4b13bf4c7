import type { KeyboardEvent } from "react";
import { Badge, type Tone } from "../design/Badge.tsx";
import { RefusalText, SentValue } from "../design/Sent.tsx";
import { type Column, Table } from "../design/Table.tsx";
import { To } from "../design/To.tsx";
import { Instant } from "../design/When.tsx";
import type { Letter } from "./queries.ts";
import { chooseLetter, letterTexts as texts } from "./texts.ts";

export const TONE: Readonly<Record<Letter["state"], Tone>> = {
  dead: "danger",
  resending: "warning",
  resent: "success",
};

/** Columns for which there is no room beside an open letter. */
const WIDE: readonly Column<Letter>[] = [
  { head: texts.value, cell: (each) => <SentValue sent={each} /> },
  {
    head: texts.reason,
    cell: (each) => (
      <div className="reason">
        {each.state === "resent" ? <Accepted letter={each} /> : <RefusalText reason={each.reason} />}
      </div>
    ),
  },
];
const DIED: Column<Letter> = { head: texts.died, cell: (each) => <Instant at={each.died_at} /> };

interface Props {
  letters: readonly Letter[];
  checked: ReadonlySet<string>;
  /** Absent where the role does not send letters again. */
  onToggle?: (eventId: string) => void;
  onResend: () => void;
  /** The letter that is open beside the list; null where the list has the whole width. */
  open: string | null;
  /** The address of a letter. */
  pathTo: (eventId: string) => string;
}

/** A list of letters. Arrow keys go from one to the next, Enter opens it, Space checks it, r sends again what is checked. */
export function LetterList({ letters, checked, onToggle, onResend, open, pathTo }: Props) {
  function onKeyDown(event: KeyboardEvent<HTMLDivElement>) {
    const links = [...event.currentTarget.querySelectorAll<HTMLElement>("tbody th a")];
    const index = event.target instanceof HTMLElement ? links.indexOf(event.target) : -1;
    if (event.ctrlKey || event.metaKey || event.altKey || index === -1) return;
    const letter = letters[index];
    if (event.key === " " && letter?.state === "dead" && letter.number !== null) onToggle?.(letter.event_id);
    else if (event.key === "r" && onToggle) onResend();
    else return;
    event.preventDefault();
  }

  const choice: Column<Letter> = {
    head: texts.choose,
    cell: (each) =>
      each.state === "dead" &&
      each.number != null && (
        <input
          type="checkbox"
          aria-label={chooseLetter(each.number, each.attribute ?? "–")}
          checked={checked.has(each.event_id)}
          onChange={() => onToggle?.(each.event_id)}
        />
      ),
  };

  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: the keys are those of the links inside
    <div className="whole-words" onKeyDown={onKeyDown}>
      <Table
        caption={texts.deadLetters}
        rows={letters}
        keyOf={(each) => each.event_id}
        columns={[
          {
            head: texts.customer,
            cell: (each) => (
              <To href={pathTo(each.event_id)} aria-current={each.event_id === open ? "true" : undefined}>
                {each.number ?? texts.unreadable}
              </To>
            ),
          },
          ...(onToggle ? [choice] : []),
          { head: texts.attribute, cell: (each) => each.attribute ?? "–" },
          ...(open === null ? WIDE : []),
          { head: texts.state, cell: (each) => <Badge tone={TONE[each.state]}>{each.state}</Badge> },
          ...(open === null ? [DIED] : []),
        ]}
      />
    </div>
  );
}

/** Says when a letter that was sent again was taken. */
export function Accepted({ letter }: { letter: Letter }) {
  return (
    <>
      {texts.accepted} {letter.resent_at && <Instant at={letter.resent_at} precision="seconds" />}
    </>
  );
}
