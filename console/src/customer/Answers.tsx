import { useQuery } from "@tanstack/react-query";
import { Badge } from "../design/Badge.tsx";
import { Empty } from "../design/Empty.tsx";
import { Panel } from "../design/Panel.tsx";
import { usePoint } from "../time/usePoint.ts";
import { AnswerOrigin } from "./AnswerOrigin.tsx";
import { storedHint } from "./CategoryField.tsx";
import { type DrawerCategory, needsAnswer } from "./drawer.ts";
import { drawerQuery } from "./queries.ts";
import { drawerTexts, texts } from "./texts.ts";

/** What the drawer would show on the day of the page: each category with the answer in force (rule 1.6). */
export function Answers({ number }: { number: string }) {
  const query = useQuery(drawerQuery(number, usePoint()));
  return (
    <Panel title={texts.answers} query={query}>
      {({ categories }) =>
        categories.length === 0 ? (
          <Empty text={drawerTexts.notAvailable} />
        ) : (
          <dl className="answers">
            {categories.map((category) => (
              <div key={category.code}>
                <dt>{category.description}</dt>
                <dd>
                  <Answer number={number} category={category} />
                </dd>
              </div>
            ))}
          </dl>
        )
      }
    </Panel>
  );
}

function Answer({ number, category }: { number: string; category: DrawerCategory }) {
  if (category.shown === "blank") {
    return (
      <>
        <span className="muted">{texts.noAnswer}</span>{" "}
        {needsAnswer(category) && <Badge tone="warning">{texts.answerNeeded}</Badge>}
      </>
    );
  }
  return (
    <>
      {category.value_description}
      <div className="hint">{category.shown === "defaulted" ? texts.isDefault : storedHint(category)}</div>
      <AnswerOrigin number={number} category={category} />
    </>
  );
}
