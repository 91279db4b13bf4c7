import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { Empty } from "../design/Empty.tsx";
import { Panel } from "../design/Panel.tsx";
import { Table } from "../design/Table.tsx";
import { Days } from "../design/When.tsx";
import { AtEvent, BeforeAndAfter, ChangedValues, EffectiveDays, InForceOn, Recorded } from "../history/Recorded.tsx";
import { texts as told } from "../history/texts.ts";
import { classText } from "../picture/texts.ts";
import type { Version } from "../picture/versions.ts";
import { Page } from "../shell/Page.tsx";
import { precisionOf } from "../time/words.ts";
import "./account.css";
import { labelOf, valueText } from "../terms/options.ts";
import { changesOf } from "./changes.ts";
import { PlaceNav } from "./PlaceNav.tsx";
import { pathOf, usePlace } from "./place.ts";
import { historyQuery } from "./queries.ts";
import { entryText, placeText, texts } from "./texts.ts";

/** Profile History: every version, its days, what was set here, who, when and why, and what superseded it (rules 2.18, 2.22). */
export default function HistoryPage() {
  const place = usePlace();
  const query = useQuery(historyQuery(place));
  return (
    <Page title={`${texts.history}: ${placeText(place)}`}>
      <PlaceNav place={place} />
      <p className="muted">{texts.historyIntro}</p>
      <Panel title={texts.history} query={query}>
        {(versions) =>
          versions.length === 0 ? (
            <Empty text={texts.noHistory} />
          ) : (
            <div className="whole-words">
              <Versions versions={versions} path={pathOf(place)} />
            </div>
          )
        }
      </Panel>
    </Page>
  );
}

function Versions({ versions, path }: { versions: readonly Version[]; path: string }) {
  const precision = precisionOf(versions.map(({ recorded_at }) => recorded_at));
  const byEvent = new Map(versions.map((version, index) => [version.event_id, { version, number: index + 1 }]));
  return (
    <Table
      caption={texts.history}
      rows={versions.map((version, index) => ({ version, index })).toReversed()}
      keyOf={({ version }) => version.event_id}
      columns={[
        {
          head: texts.entry,
          cell: ({ version, index }) => <AtVersion path={path} version={version} text={index + 1} />,
        },
        {
          head: told.days,
          cell: ({ version }) => <EffectiveDays range={version} isBackDated={version.back_dated} />,
        },
        { head: texts.profileClass, cell: ({ version }) => classText(version) },
        { head: texts.whatWasSet, cell: ({ index }) => <SetHere versions={versions} index={index} /> },
        { head: told.recorded, cell: ({ version }) => <Recorded told={version} precision={precision} /> },
        { head: told.reason, cell: ({ version }) => version.reason },
        { head: told.inForceOn, cell: ({ version }) => <InForceOn ranges={version.in_force} /> },
        {
          head: told.superseded,
          cell: ({ version }) => <SupersededBy version={version} byEvent={byEvent} path={path} />,
        },
        {
          head: told.compare,
          cell: ({ version, index }) =>
            index > 0 && (
              <BeforeAndAfter
                path={path}
                day={version.effective_from}
                at={version.recorded_at}
                event={entryText(index + 1)}
              />
            ),
        },
      ]}
    />
  );
}

/** A link to the picture at the version's first day, as known when it was recorded. */
function AtVersion({ path, version, text }: { path: string; version: Version; text: ReactNode }) {
  return (
    <AtEvent path={path} day={version.effective_from} at={version.recorded_at}>
      {text}
    </AtEvent>
  );
}

function SetHere({ versions, index }: { versions: readonly Version[]; index: number }) {
  const changes = changesOf(versions, index).map(({ path, before, after }) => ({
    key: path,
    label: labelOf(path),
    before: before === undefined ? null : before === null ? told.notSet : valueText(before),
    after: after === null ? null : valueText(after),
  }));
  return <ChangedValues changes={changes} />;
}

interface SupersededProps {
  version: Version;
  /** The entries by their events, each with its number in the table. */
  byEvent: ReadonlyMap<string, { version: Version; number: number }>;
  path: string;
}

function SupersededBy({ version, byEvent, path }: SupersededProps) {
  return (
    <ul className="plain">
      {version.superseded.map(({ effective_from, effective_to, by }) => {
        const later = byEvent.get(by);
        return (
          <li key={`${effective_from} ${by}`}>
            {later === undefined ? (
              by
            ) : (
              <AtVersion path={path} version={later.version} text={entryText(later.number)} />
            )}
            : <Days from={effective_from} to={effective_to} />
          </li>
        );
      })}
    </ul>
  );
}
