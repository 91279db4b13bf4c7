import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { Link } from "wouter";
import { Badge } from "../design/Badge.tsx";
import { Empty } from "../design/Empty.tsx";
import { Panel } from "../design/Panel.tsx";
import { Table } from "../design/Table.tsx";
import { To } from "../design/To.tsx";
import { Days, Instant } from "../design/When.tsx";
import { classText } from "../picture/texts.ts";
import type { Version } from "../picture/versions.ts";
import { Page } from "../shell/Page.tsx";
import { withPoint } from "../time/point.ts";
import { precisionOf } from "../time/words.ts";
import "./account.css";
import { changesOf } from "./changes.ts";
import { labelOf, type Value, valueText } from "./options.ts";
import { PlaceNav } from "./PlaceNav.tsx";
import { pathOf, usePlace } from "./place.ts";
import { historyQuery } from "./queries.ts";
import { placeText, texts } from "./texts.ts";

/** Profile History: every version, its days, what was set here, who, when and why, and what superseded it (rules 2.18, 2.22). */
export default function HistoryPage() {
  const place = usePlace();
  const query = useQuery(historyQuery(place));
  return (
    <Page title={`${texts.history}: ${placeText(place)}`}>
      <PlaceNav place={place} />
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
  const byEvent = new Map(versions.map((version) => [version.event_id, version]));
  return (
    <Table
      caption={texts.history}
      rows={versions.map((version, index) => ({ version, index })).toReversed()}
      keyOf={({ version }) => version.event_id}
      columns={[
        { head: texts.version, cell: ({ version }) => <AtVersion path={path} version={version} /> },
        {
          head: texts.days,
          cell: ({ version }) => (
            <>
              <Days from={version.effective_from} to={version.effective_to} />{" "}
              {version.back_dated && <Badge tone="warning">{texts.backDated}</Badge>}
            </>
          ),
        },
        { head: texts.profileClass, cell: ({ version }) => classText(version) },
        { head: texts.whatWasSet, cell: ({ index }) => <SetHere versions={versions} index={index} /> },
        {
          head: texts.recorded,
          cell: ({ version }) => (
            <>
              <Instant at={version.recorded_at} precision={precision} />
              <div className="hint">
                {version.actor}, {version.source}
              </div>
            </>
          ),
        },
        { head: texts.reason, cell: ({ version }) => version.reason },
        { head: texts.inForceOn, cell: ({ version }) => <InForceOn version={version} /> },
        {
          head: texts.superseded,
          cell: ({ version }) => <SupersededBy version={version} byEvent={byEvent} path={path} />,
        },
        {
          head: texts.compare,
          cell: ({ version, index }) => {
            const before = versions.findLast((each, at) => at < index && each.recorded_at !== version.recorded_at);
            if (before === undefined) return null;
            const day = version.effective_from;
            const points = { a_valid: day, a_known: before.recorded_at, b_valid: day, b_known: version.recorded_at };
            return (
              <To href={`${path}/compare?${new URLSearchParams(points)}`}>
                {texts.beforeAndAfter}
                <span className="unseen"> version {version.version}</span>
              </To>
            );
          },
        },
      ]}
    />
  );
}

/** A link to the picture at the version's first day, as known when it was recorded. */
function AtVersion({ path, version, children }: { path: string; version: Version; children?: ReactNode }) {
  const point = { validAt: version.effective_from, knownAt: version.recorded_at };
  return <Link href={withPoint(path, point)}>{children ?? version.version}</Link>;
}

function SetHere({ versions, index }: { versions: readonly Version[]; index: number }) {
  const changes = changesOf(versions, index);
  if (changes.length === 0) return null;
  return (
    <ul className="plain">
      {changes.map(({ path, before, after }) => (
        <li key={path}>
          {labelOf(path)}: {before !== undefined && <s>{shown(before)}</s>} {shown(after)}
        </li>
      ))}
    </ul>
  );
}

function shown(value: Value | null): string {
  return value === null ? texts.notSet : valueText(value);
}

function InForceOn({ version }: { version: Version }) {
  if (version.in_force.length === 0) return texts.nowhere;
  return (
    <ul className="plain">
      {version.in_force.map(({ effective_from, effective_to }) => (
        <li key={effective_from}>
          <Days from={effective_from} to={effective_to} />
        </li>
      ))}
    </ul>
  );
}

interface SupersededProps {
  version: Version;
  byEvent: ReadonlyMap<string, Version>;
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
              <AtVersion path={path} version={later}>
                version {later.version}
              </AtVersion>
            )}
            : <Days from={effective_from} to={effective_to} />
          </li>
        );
      })}
    </ul>
  );
}
