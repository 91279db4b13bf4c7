import { useQuery } from "@tanstack/react-query";
import { useMe } from "../api/session.ts";
import type { Schema } from "../api/types.ts";
import { Badge } from "../design/Badge.tsx";
import { compareNumbers } from "../design/LoadMore.tsx";
import { dayIn } from "../time/dates.ts";
import { usePoint } from "../time/usePoint.ts";
import { alternateLabelQuery } from "./queries.ts";
import { outOfDate, texts } from "./texts.ts";

/** The primary alternate number as a badge; the others, folded, with the day since which a former one is out of date (rule 1.14). */
export function AlternateNumbers({ customer }: { customer: Schema<"Customer"> }) {
  const { time_zone } = useMe();
  const label = useQuery(alternateLabelQuery(usePoint())).data?.value ?? texts.byAlternate;
  const primary = customer.alternate_numbers.find((each) => each.primary && each.current);
  const others = customer.alternate_numbers
    .filter((each) => each !== primary)
    .toSorted((a, b) => compareNumbers(a.number, b.number));
  return (
    <>
      <span className="muted">{customer.number}</span>
      <Badge tone="accent">
        {label}: {primary?.number ?? texts.noData}
      </Badge>
      {others.length > 0 && (
        <details>
          <summary>{texts.formerNumbers}</summary>
          <ul className="plain">
            {others.map((each) => (
              <li key={`${each.number} ${each.known_from}`}>
                {each.number}{" "}
                {each.out_of_date_since && (
                  <span className="muted">{outOfDate(dayIn(time_zone, each.out_of_date_since))}</span>
                )}
              </li>
            ))}
          </ul>
        </details>
      )}
    </>
  );
}
