import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { customerQuery } from "../api/customers.ts";
import { problemOf } from "../api/problems.ts";
import { useMe } from "../api/session.ts";
import type { Schema } from "../api/types.ts";
import { Action } from "../design/Action.tsx";
import { Badge } from "../design/Badge.tsx";
import { Dialog } from "../design/Dialog.tsx";
import { Empty } from "../design/Empty.tsx";
import { Field, idOf } from "../design/Field.tsx";
import { Form } from "../design/Form.tsx";
import { leave, useLeavingTab } from "../design/leaving.ts";
import { Notice } from "../design/Notice.tsx";
import { Table } from "../design/Table.tsx";
import { dayIn } from "../time/dates.ts";
import { NOW } from "../time/point.ts";
import { insteadOf, outOfDate, pageTexts, texts } from "./texts.ts";
import { type NumberChange, useNumbers } from "./useNumbers.ts";

interface Props {
  customer: Schema<"Customer">;
  onClose: () => void;
}

const NUMBER = "alternate_number";

/** The alternate numbers of a customer: added, made primary in place of another, or taken off the list (rule 1.14). */
export function NumbersDialog({ customer, onClose }: Props) {
  const now = useQuery(customerQuery(customer.number, NOW)).data ?? customer;
  const [typed, setTyped] = useState("");
  const [reason, setReason] = useState("");
  const isChanged = typed !== "" || reason !== "";
  const { send, error, message } = useNumbers(now, () => {
    setTyped("");
    setReason("");
    // What was pressed may be gone from the list.
    document.getElementById(idOf(NUMBER))?.focus();
  });
  const close = () => leave(onClose);
  useLeavingTab(isChanged);
  return (
    <Dialog title={`${pageTexts.alternateNumbers}: ${now.name}`} isOpen onClose={close}>
      <div role="status">{message !== null && <Notice tone="success">{message}</Notice>}</div>
      <Numbers customer={now} onChange={send} />
      <NewNumber
        customer={now}
        {...{ typed, setTyped, reason, setReason }}
        error={error}
        onAdd={(isPrimary) => send({ act: "add", number: typed.trim(), isPrimary, reason: reason.trim() || null })}
      />
      <div>
        <Action onClick={close}>{pageTexts.close}</Action>
      </div>
    </Dialog>
  );
}

type AlternateNumber = Schema<"AlternateNumber">;

function Numbers({ customer, onChange }: { customer: Schema<"Customer">; onChange: (wanted: NumberChange) => void }) {
  const { time_zone } = useMe();
  const current = customer.alternate_numbers.filter((each) => each.current);
  const lastOne = current.length === 1;
  if (customer.alternate_numbers.length === 0) return <Empty text={texts.noData} />;
  return (
    <Table
      caption={pageTexts.alternateNumbers}
      rows={customer.alternate_numbers}
      keyOf={(each) => `${each.number} ${each.known_from}`}
      columns={[
        { head: texts.number, cell: (each) => each.number },
        {
          head: texts.status,
          cell: (each) => (
            <>
              {each.primary && <Badge tone="accent">{texts.primary}</Badge>}
              {each.out_of_date_since && outOfDate(dayIn(time_zone, each.out_of_date_since))}
            </>
          ),
        },
        {
          head: pageTexts.actions,
          cell: (each) => each.current && <NumberActions number={each} isLast={lastOne} onChange={onChange} />,
        },
      ]}
    />
  );
}

interface ActionsProps {
  number: AlternateNumber;
  /** It is the only one that is left. */
  isLast: boolean;
  onChange: (wanted: NumberChange) => void;
}

function NumberActions({ number: { number, primary }, isLast, onChange }: ActionsProps) {
  const reason = null;
  return (
    <div className="row">
      {!primary && (
        <Action look="quiet" onClick={() => onChange({ act: "make_primary", number, reason })}>
          {pageTexts.makePrimary}
          <span className="unseen"> {number}</span>
        </Action>
      )}
      <Action
        look="quiet"
        off={primary && !isLast ? pageTexts.primaryGoesLast : null}
        onClick={() => onChange({ act: "remove", number, reason })}
      >
        {pageTexts.remove}
        <span className="unseen"> {number}</span>
      </Action>
    </div>
  );
}

interface NewProps {
  customer: Schema<"Customer">;
  typed: string;
  setTyped: (text: string) => void;
  reason: string;
  setReason: (text: string) => void;
  error: Error | null;
  onAdd: (isPrimary: boolean) => void;
}

function NewNumber({ customer, typed, setTyped, reason, setReason, error, onAdd }: NewProps) {
  const [isPrimary, setPrimary] = useState(true);
  const primary = customer.alternate_numbers.find((each) => each.primary);
  const off = typed.trim() === "" ? pageTexts.enterNumber : null;
  return (
    <Form names={[NUMBER, "reason"]} error={error} onSubmit={() => off === null && onAdd(isPrimary)}>
      <Field
        label={pageTexts.newNumber}
        name={NUMBER}
        hint={pageTexts.newNumberHint}
        errors={problemOf(error)?.of(NUMBER)}
      >
        {(input) => (
          <input {...input} value={typed} autoComplete="off" onChange={(event) => setTyped(event.target.value)} />
        )}
      </Field>
      {primary && (
        <label className="row">
          <input type="checkbox" checked={isPrimary} onChange={(event) => setPrimary(event.target.checked)} />
          {insteadOf(primary.number)}
        </label>
      )}
      <Field label={pageTexts.reason} name="reason" errors={problemOf(error)?.of("reason")}>
        {(input) => <input {...input} value={reason} onChange={(event) => setReason(event.target.value)} />}
      </Field>
      <div>
        <Action type="submit" look="primary" off={off}>
          {primary && isPrimary ? pageTexts.replaceNumber : pageTexts.addNumber}
        </Action>
      </div>
    </Form>
  );
}
