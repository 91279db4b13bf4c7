/** The state of a new upload: what was chosen in each step. Going back keeps all of it. `like`: the upload whose rows were corrected. */

import { useState } from "react";
import { useMe } from "../api/session.ts";
import { useLeavingTab } from "../design/leaving.ts";
import type { Upload } from "./queries.ts";
import { AS_FOUND, type ContactFile, type Decisions, type Overrides } from "./reading.ts";

export const FILE = 0;
export const COLUMNS = 1;
export const CHECK = 2;

/** Where the columns go, and how the file is read, as both were seen in the step of the columns. */
export interface Plan {
  columns: Readonly<Record<string, string>>;
  overrides: Overrides;
}

export function useNewUpload(like: Upload | null) {
  const { today } = useMe();
  const asBefore = like === null ? AS_FOUND : { ...AS_FOUND, delimiter: like.delimiter, header: like.header };
  const [step, setStep] = useState(FILE);
  const [file, setFile] = useState<ContactFile | null>(null);
  const [mapping, setMapping] = useState<string | null>(null);
  const [overrides, setOverrides] = useState<Overrides>(asBefore);
  const [decisions, setDecisions] = useState<Decisions>({});
  const [kept, setKept] = useState(like?.columns ?? null);
  const [plan, setPlan] = useState<Plan | null>(null);
  const [days, setDays] = useState({ from: like?.effective_from ?? today, to: like?.effective_to ?? "" });
  useLeavingTab(file !== null);

  return {
    step,
    file,
    mapping,
    /** Where the columns of the upload that this one is like go; null: as the mapping says, or as suggested. */
    kept,
    overrides,
    decisions,
    plan,
    days,
    setStep,
    setDays,
    check(agreed: Plan) {
      setPlan(agreed);
      setStep(CHECK);
    },
    choose(chosen: ContactFile | null) {
      setFile(chosen);
      setOverrides(asBefore);
      setDecisions({});
    },
    chooseMapping(name: string | null) {
      setMapping(name);
      setKept(null);
      setDecisions({});
    },
    /** Other columns may be found now, so what was decided about them is asked again. */
    readAs(changed: Partial<Overrides>) {
      setOverrides({ ...overrides, ...changed });
      setDecisions({});
    },
    /** The same text in another encoding: the columns stay. */
    replaceContent(converted: ContactFile) {
      setFile(converted);
      setOverrides({ ...overrides, encoding: null });
    },
    decide(column: string, target: string) {
      setDecisions({ ...decisions, [column]: target });
    },
  };
}

export type NewUpload = ReturnType<typeof useNewUpload>;
