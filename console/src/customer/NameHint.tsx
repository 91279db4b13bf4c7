import { useQuery } from "@tanstack/react-query";
import type { Schema } from "../api/types.ts";
import { usePoint } from "../time/usePoint.ts";
import { namedByFields } from "./edits.ts";
import { widgetQuery } from "./queries.ts";
import { nameStays } from "./texts.ts";

/** Says which name counts where first and last name say another one (rule 1.10). */
export function NameHint({ customer: { name, number } }: { customer: Schema<"Customer"> }) {
  const { data } = useQuery(widgetQuery(number, usePoint()));
  const fields = data === undefined ? null : namedByFields(data);
  if (fields === null || fields.toLowerCase() === name.toLowerCase()) return null;
  return <p className="hint">{nameStays(name, fields)}</p>;
}
