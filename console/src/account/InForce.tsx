import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import type { Schema } from "../api/types.ts";
import { Action } from "../design/Action.tsx";
import { announce } from "../design/announce.ts";
import { Panel } from "../design/Panel.tsx";
import { To } from "../design/To.tsx";
import { NothingYet } from "../history/NothingYet.tsx";
import { thenAndNow, withPair } from "../history/pair.ts";
import { WhereFrom } from "../history/WhereFrom.tsx";
import { GROUPS, labelOf, OPTIONS, valuesOf, valueText } from "../terms/options.ts";
import { isBeforeFirst, isNow, NOW, type Point, withPoint } from "../time/point.ts";
import { usePoint } from "../time/usePoint.ts";
import { type Place, pathOf } from "./place.ts";
import { explainedResolutionQuery, firstEntryQuery, resolutionQuery } from "./queries.ts";
import { notSetText, originText, placeName, texts } from "./texts.ts";

interface Props {
  place: Place;
  /** Where the picture is; the address follows once it rests. */
  point: Point;
}

/** What applies at the point: every value, and where it comes from; or that nothing was recorded yet. */
export function InForce(props: Props) {
  const query = useQuery(firstEntryQuery(props.place));
  const { validAt, knownAt } = usePoint();
  const name = placeName(props.place);
  if (knownAt === null || query.isError || (query.data && !isBeforeFirst({ validAt, knownAt }, query.data))) {
    return <Resolved {...props} />;
  }
  return (
    <Panel title={texts.inForce} query={query}>
      {(first) => {
        if (first === undefined) return null;
        const href = withPoint(pathOf(props.place), { validAt, knownAt: first });
        return <NothingYet name={name} knownAt={knownAt} first={first} href={href} />;
      }}
    </Panel>
  );
}

function Resolved({ place, point }: Props) {
  const rested = usePoint();
  const query = useQuery({ ...resolutionQuery(place, rested), placeholderData: keepPreviousData });
  const isMoving = query.isPlaceholderData || (rested.validAt ?? point.validAt) !== point.validAt;
  return (
    <Panel title={texts.inForce} query={query}>
      {(resolution) => (
        <div className={isMoving ? "stack waits" : "stack"}>
          <p className="hint">{texts.dateDecides}</p>
          <Applies resolution={resolution} />
          <Values resolution={resolution} place={place} />
          <Ways resolution={resolution} place={place} />
        </div>
      )}
    </Panel>
  );
}

function Applies({ resolution: { site, applies } }: { resolution: Schema<"Resolution"> }) {
  if (site !== null && applies.site === null) return <p className="muted">{texts.followsAccount}</p>;
  if (site === null && applies.account === null) return <p className="muted">{texts.notInForce}</p>;
  return null;
}

interface ValuesProps {
  resolution: Schema<"Resolution">;
  place: Place;
}

function Values({ resolution, place }: ValuesProps) {
  const values = valuesOf(resolution);
  const groups = GROUPS.map(([title, names]) => [title, names.map((name) => `options.${name}`)] as const);
  const others = (kind: string) => [...values.keys()].filter((path) => path.startsWith(`${kind}.`));
  const notSet = Object.keys(OPTIONS).filter((name) => !values.has(`options.${name}`));
  return (
    <>
      {[...groups, [texts.amounts, others("amounts")] as const, [texts.attributes, others("attributes")] as const]
        .map(([title, paths]) => [title, paths.filter((path) => values.has(path))] as const)
        .filter(([, paths]) => paths.length > 0)
        .map(([title, paths]) => (
          <section key={title} className="stack-tight" aria-label={title}>
            <h3>{title}</h3>
            <dl className="values">
              {paths.map((path) => {
                const explained = values.get(path);
                if (explained === undefined) return null;
                return <ValueRow key={path} path={path} {...{ explained, place }} />;
              })}
            </dl>
          </section>
        ))}
      {notSet.length > 0 && (
        <details>
          <summary>{notSetText(notSet.length)}</summary>
          <p className="hint">{notSet.map((name) => labelOf(`options.${name}`)).join(", ")}</p>
        </details>
      )}
    </>
  );
}

interface RowProps {
  path: string;
  explained: Schema<"Explained">;
  place: Place;
}

function ValueRow({ path, explained, place }: RowProps) {
  const point = usePoint();
  const isHere = explained.origin === "here";
  return (
    <>
      <dt>{labelOf(path)}</dt>
      <dd>
        {valueText(explained.value)}
        <WhereFrom
          summary={originText(explained, place)}
          className={isHere ? "hint tone-warning" : "hint"}
          path={path}
          query={explainedResolutionQuery(place, point)}
          words={(value) => valueText(value as Schema<"Explained">["value"])}
        />
      </dd>
    </>
  );
}

/** What can be done with the point. */
function Ways({ resolution: { date, known_at }, place }: { resolution: Schema<"Resolution">; place: Place }) {
  const [copied, setCopied] = useState<string | null>(null);
  const path = pathOf(place);
  const origin = window.location.origin;
  const query = new URLSearchParams({ ...(place.site && { site: place.site }), date, known_at });
  const url = `${origin}/v1/accounts/${encodeURIComponent(place.account)}/resolve?${query}`;
  const rested = usePoint();
  const isPast = rested.knownAt !== null;
  const compared = { validAt: date, knownAt: isPast ? known_at : null };

  async function copy(name: string, text: string) {
    await navigator.clipboard.writeText(text);
    setCopied(name);
    announce(texts.copied);
  }

  const link = origin + withPoint(path, { validAt: date, knownAt: known_at });
  return (
    <div className="row">
      <Action onClick={() => void copy(texts.copyLink, link)}>{texts.copyLink}</Action>
      <Action onClick={() => void copy(texts.copyCurl, `curl -H "Authorization: Bearer $TOKEN" "${url}"`)}>
        {texts.copyCurl}
      </Action>
      {isPast && <To href={`${path}/compare?${withPair("", thenAndNow(compared))}`}>{texts.compareDay}</To>}
      {!isNow(rested) && (
        <To href={`${path}/compare?${withPair("", { a: compared, b: NOW })}`}>{texts.compareToday}</To>
      )}
      {copied !== null && <span className="hint">{texts.copied}</span>}
    </div>
  );
}
