import { useQuery } from "@tanstack/react-query";
import type { Schema } from "../api/types.ts";
import { Points } from "../history/Points.tsx";
import { type Compared, SideBySide } from "../history/SideBySide.tsx";
import { usePair } from "../history/usePair.ts";
import { Page } from "../shell/Page.tsx";
import "./account.css";
import { labelOf, valueText } from "../terms/options.ts";
import { applied, compared } from "./comparing.ts";
import { PlaceNav } from "./PlaceNav.tsx";
import { type Place, usePlace } from "./place.ts";
import { comparisonQuery, historyQuery } from "./queries.ts";
import { originText, placeText, texts } from "./texts.ts";

/** Two points of a profile side by side; the address holds both. */
export default function ComparePage() {
  const place = usePlace();
  const [pair, setPair] = usePair();
  const history = useQuery(historyQuery(place));
  const comparison = useQuery(comparisonQuery(place, pair));
  return (
    <Page title={`${texts.compare}: ${placeText(place)}`}>
      <PlaceNav place={place} />
      <Points pair={pair} onChange={setPair} query={history} />
      <SideBySide pair={pair} query={comparison}>
        {([before, after]) => rowsOf(place, before, after)}
      </SideBySide>
    </Page>
  );
}

/** Returns the class and every value of both answers. */
function rowsOf(place: Place, before: Schema<"Resolution">, after: Schema<"Resolution">): Compared[] {
  const [a, b] = [classOf(before), classOf(after)];
  return [
    { key: "class", label: texts.profileClass, a, b, isDifferent: a !== b },
    ...compared(before, after).map((value) => ({
      key: value.path,
      label: labelOf(value.path),
      a: <Cell explained={value.a} place={place} />,
      b: <Cell explained={value.b} place={place} />,
      isDifferent: value.isDifferent,
    })),
  ];
}

function classOf(resolution: Schema<"Resolution">): string {
  const profile = applied(resolution);
  return profile === null ? texts.noProfile : `${profile.profile_class}, version ${profile.class_version}`;
}

function Cell({ explained, place }: { explained: Schema<"Explained"> | null; place: Place }) {
  if (explained === null) return <span className="muted">{texts.notSet}</span>;
  return (
    <>
      {valueText(explained.value)}
      <div className="hint">{originText(explained, place)}</div>
    </>
  );
}
