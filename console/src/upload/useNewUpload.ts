/** The state of a new upload: what was chosen in each step. Going back keeps all of it. */

import { useState } from "react";
import { useMe } from "../api/session.ts";
import { useLeavingTab } from "../design/AskBeforeLeaving.tsx";
import { AS_FOUND, type ContactFile, type Decisions, type Overrides } from "./reading.ts";

export const FILE = 0;
export const COLUMNS = 1;
export const CHECK = 2;

/** Where the columns go, and how the file is read, as both were seen in the step of the columns. */
export interface Plan {
  columns: Readonly<Record<string, string>>;
  overrides: Overrides;
}

export function useNewUpload() {
  const { today } = useMe();
  const [step, setStep] = useState(FILE);
  const [file, setFile] = useState<ContactFile | null>(null);
  const [mapping, setMapping] = useState<string | null>(null);
  const [overrides, setOverrides] = useState<Overrides>(AS_FOUND);
  const [decisions, setDecisions] = useState<Decisions>({});
  const [plan, setPlan] = useState<Plan | null>(null);
  const [days, setDays] = useState({ from: today, to: "" });
  useLeavingTab(file !== null);

  return {
    step,
    file,
    mapping,
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
      setOverrides(AS_FOUND);
      setDecisions({});
    },
    chooseMapping(name: string | null) {
      setMapping(name);
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
