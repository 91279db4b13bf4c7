import { Check, X } from "lucide-react";
import type { Schema } from "../api/types.ts";
import type { DrawerCategory } from "./drawer.ts";
import { opened, drawerTexts as texts } from "./texts.ts";

interface Props {
  display: Schema<"Verdict">;
  categories: readonly DrawerCategory[];
}

/** Whether the drawer opened by itself, and which of the four conditions hold (rule 1.12). */
export function DisplayVerdict({ display, categories }: Props) {
  const unanswered = categories.filter((category) => category.required && category.shown !== "stored");
  return (
    <div>
      {display.displayed && <p>{opened(unanswered.map((category) => category.description))}</p>}
      <details>
        <summary>{display.displayed ? texts.whyOpen : texts.whyNotOpen}</summary>
        <ul className="plain">
          {display.conditions.map((condition) => (
            <li key={condition.code} className="condition">
              {condition.holds ? <Check aria-hidden="true" size={14} /> : <X aria-hidden="true" size={14} />}
              <span>
                <span className="unseen">{condition.holds ? texts.holds : texts.fails}:</span>{" "}
                {condition.code === "k87" ? texts.k87 : condition.text}
              </span>
            </li>
          ))}
        </ul>
      </details>
    </div>
  );
}
