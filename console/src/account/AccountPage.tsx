import { useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { useSearch } from "wouter";
import { useMe, useRights } from "../api/session.ts";
import type { Schema } from "../api/types.ts";
import { Action } from "../design/Action.tsx";
import { Empty } from "../design/Empty.tsx";
import { Notice } from "../design/Notice.tsx";
import { Panel, Reading } from "../design/Panel.tsx";
import { To } from "../design/To.tsx";
import { Day } from "../design/When.tsx";
import { inOrderOfDefinition } from "../picture/hues.ts";
import { Picture } from "../picture/Picture.tsx";
import { useChosen } from "../picture/useChosen.ts";
import { usePictureWindow } from "../picture/usePictureWindow.ts";
import { recordingsOf, type Version } from "../picture/versions.ts";
import { Page } from "../shell/Page.tsx";
import { dayOf } from "../time/dates.ts";
import "./account.css";
import { texts as changeTexts } from "./changeTexts.ts";
import { InForce } from "./InForce.tsx";
import { PlaceNav } from "./PlaceNav.tsx";
import { type Place, pathOf, usePlace } from "./place.ts";
import { accountQuery, classesQuery, historyQuery, latestQuery } from "./queries.ts";
import { SiteLanes } from "./SiteLanes.tsx";
import { newerText, placeText, texts } from "./texts.ts";

const LOOK_AGAIN_MS = 30_000;

/** The profile of an account or of a site: its timeline, what is in force at the chosen point, and the sites. */
export default function AccountPage() {
  const place = usePlace();
  const query = useQuery(accountQuery(place.account));
  const recorded = new URLSearchParams(useSearch()).get("recorded");
  return (
    <Page title={placeText(place)} aside={query.data && <Head account={query.data} place={place} />}>
      <PlaceNav place={place} />
      <div role="status">{recorded !== null && <Notice tone="success">{changeTexts.done}</Notice>}</div>
      <Reading query={query}>
        {(account) => (
          <Timeline place={place} start={account.start} recorded={recorded === null ? undefined : Number(recorded)} />
        )}
      </Reading>
    </Page>
  );
}

function Head({ account, place }: { account: Schema<"AccountRead">; place: Place }) {
  return (
    <p className="muted">
      {place.site !== undefined && (
        <>
          <To href={`/accounts/${encodeURIComponent(place.account)}`}>{placeText({ account: place.account })}</To>
          {" · "}
        </>
      )}
      {texts.customer} <To href={`/customers/${encodeURIComponent(account.customer)}`}>{account.customer}</To>
      {" · "}
      {texts.start} <Day day={account.start} />
    </p>
  );
}

interface TimelineProps {
  place: Place;
  start: string;
  /** The version that the reader has just recorded. */
  recorded: number | undefined;
}

function Timeline({ place, start, recorded }: TimelineProps) {
  const query = useQuery(historyQuery(place));
  if (query.data === undefined) {
    return (
      <Panel title={texts.timeline} query={query}>
        {() => null}
      </Panel>
    );
  }
  return <Parts place={place} start={start} recorded={recorded} versions={query.data} />;
}

interface PartsProps extends TimelineProps {
  versions: readonly Version[];
}

function Parts({ place, start, recorded, versions }: PartsProps) {
  const { today } = useMe();
  const may = useRights();
  const query = useQuery(historyQuery(place));
  const classes = useQuery(classesQuery());
  const names = useMemo(() => inOrderOfDefinition(classes.data?.items ?? []), [classes.data]);
  const recordings = useMemo(() => recordingsOf(versions), [versions]);
  const [chosen, knownAt, choose] = useChosen(recordings, today);
  const days = usePictureWindow(recordings, start, today, chosen.day);
  const point = { validAt: dayOf(chosen.day), knownAt };
  return (
    <div className="account">
      <div className="stack">
        <Panel title={texts.timeline} query={query}>
          {() =>
            recordings.length === 0 ? (
              <Empty text={texts.noSiteProfile}>
                {may("assign_site_class") && <To href={`${pathOf(place)}/change`}>{texts.create}</To>}
              </Empty>
            ) : (
              <Picture
                name={placeText(place)}
                recordings={recordings}
                classes={names}
                days={days}
                chosen={chosen}
                knownAt={knownAt}
                onChoose={choose}
                fresh={recorded}
                newer={<Newer place={place} versions={versions} />}
              />
            )
          }
        </Panel>
        <SiteLanes place={place} classes={names} window={days.window} day={chosen.day} knownAt={knownAt} />
      </div>
      <InForce place={place} point={point} />
    </div>
  );
}

/** Says that there is more to draw than is drawn; the point does not move by itself. */
function Newer({ place, versions }: { place: Place; versions: readonly Version[] }) {
  const history = useQuery(historyQuery(place));
  const latest = useQuery({ ...latestQuery(place), refetchInterval: LOOK_AGAIN_MS });
  const newer = (latest.data?.version ?? 0) - (versions.at(-1)?.version ?? 0);
  return (
    <div role="status">
      {newer > 0 && (
        <Notice tone="accent">
          <div className="row">
            {newerText(newer)}
            <Action onClick={() => void history.refetch()}>{texts.show}</Action>
          </div>
        </Notice>
      )}
    </div>
  );
}
