import { WhereFrom } from "../history/WhereFrom.tsx";
import { usePoint } from "../time/usePoint.ts";
import { nameOf } from "./CategoryField.tsx";
import { type DrawerCategory, description } from "./drawer.ts";
import { explainedDrawerQuery } from "./queries.ts";
import { texts } from "./texts.ts";

/** What made the answer so that a category shows; nothing where it shows none. */
export function AnswerOrigin({ number, category }: { number: string; category: DrawerCategory }) {
  const point = usePoint();
  if (category.shown === "blank") return null;
  return (
    <WhereFrom
      summary={
        <>
          {texts.details}
          <span className="unseen">: {category.description}</span>
        </>
      }
      className="hint"
      path={nameOf(category)}
      query={explainedDrawerQuery(number, point)}
      words={(value) => description(category, String(value))}
    />
  );
}
