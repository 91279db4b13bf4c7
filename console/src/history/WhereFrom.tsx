import { useQuery } from "@tanstack/react-query";
import { type ReactNode, useState } from "react";
import type { read } from "../api/reading.ts";
import type { Schema } from "../api/types.ts";
import { Reading } from "../design/Panel.tsx";
import { Part } from "../design/Part.tsx";

export type Explanations = Readonly<Record<string, Schema<"Explanation">>>;

interface Props {
  /** What the line says that is opened. */
  summary: ReactNode;
  className?: string;
  /** The value, by the path that histories have for it. */
  path: string;
  /** The explanations of all values beside it, which are read once one of them is opened. */
  query: ReturnType<typeof read<Explanations>>;
  /** Writes a value as its type is written. */
  words: (value: Schema<"Explanation">["before"]) => ReactNode;
}

/** A line that opens to what made a value so. Neither the explanation nor the code that shows it is fetched before. */
export function WhereFrom({ summary, className, ...explained }: Props) {
  const [isOpen, setOpen] = useState(false);
  return (
    <details onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary className={className}>{summary}</summary>
      {isOpen && <Content {...explained} />}
    </details>
  );
}

function Content({ path, query, words }: Omit<Props, "summary" | "className">) {
  const explanations = useQuery(query);
  return (
    <Part name="Explained" load={() => import("../explanation/Explained.tsx")}>
      {({ Explained }) => (
        <Reading query={explanations}>{(made) => <Explained explanation={made[path]} words={words} />}</Reading>
      )}
    </Part>
  );
}
