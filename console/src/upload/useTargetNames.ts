import { useQuery } from "@tanstack/react-query";
import { fieldsQuery } from "./queries.ts";
import { NUMBERS, texts } from "./texts.ts";

/** Returns a function that gives what a column goes to, or what is wrong with a row, its name. */
export function useTargetNames(): (target: string | null) => string {
  const { data } = useQuery(fieldsQuery());
  return (target) => {
    if (target === null) return texts.wholeRow;
    return NUMBERS[target] ?? data?.items.find(({ key }) => key === target)?.label ?? target;
  };
}
