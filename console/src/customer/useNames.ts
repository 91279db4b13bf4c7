import { useQuery } from "@tanstack/react-query";
import { usePoint } from "../time/usePoint.ts";
import { dayText } from "../time/words.ts";
import type { Names } from "./events.ts";
import { categoriesQuery, fieldsQuery } from "./queries.ts";
import { texts } from "./texts.ts";

const DAY = /^\d{4}-\d{2}-\d{2}$/;

interface Named extends Names {
  /** The paths of everything that a customer's events may change, in the order of the set-up. */
  readonly paths: readonly string[];
}

/** Returns the words for codes and keys, as they are defined at the point of the page. */
export function useNames(): Named {
  const point = usePoint();
  const categories = useQuery(categoriesQuery(point)).data?.items ?? [];
  const fields = useQuery(fieldsQuery(point)).data?.items ?? [];

  function label(path: string): string {
    const [family, key = ""] = path.split(".");
    if (family === "name") return texts.name;
    if (family === "responses") return categories.find(({ code }) => String(code) === key)?.description ?? key;
    return fields.find((field) => field.key === key)?.label ?? key;
  }

  function value(path: string, text: string): string {
    const [family, key = ""] = path.split(".");
    if (family === "responses") {
      const category = categories.find(({ code }) => String(code) === key);
      return category?.responses.find(({ code }) => code === text)?.description ?? text;
    }
    const isDay = fields.find((field) => field.key === key)?.type === "date" && DAY.test(text);
    return isDay ? dayText(text) : text;
  }

  const paths = [
    "name",
    ...categories.map(({ code }) => `responses.${code}`),
    ...fields.map(({ key }) => `fields.${key}`),
  ];
  return { label, value, paths };
}
