import { type ReactNode, useContext } from "react";
import { useRights } from "../api/session.ts";
import type { Operation, Schema } from "../api/types.ts";
import { Badge } from "../design/Badge.tsx";
import { HasPages, To } from "../design/To.tsx";
import { Days, Instant } from "../design/When.tsx";
import { SOURCES } from "../history/texts.ts";
import { broughtBy, classText, mappingText, placeInFile, roleAndReason, texts } from "./texts.ts";

type Explanation = Schema<"Explanation">;
type Words = (value: Explanation["before"]) => ReactNode;

interface Props {
  /** Undefined where no event made the value so. */
  explanation: Explanation | undefined;
  words: Words;
}

/** What made a value so: the event, the days that it spoke of, the value before, and the way by which it came. */
export function Explained({ explanation, words }: Props) {
  if (explanation === undefined) return <p className="hint">{texts.unexplained}</p>;
  const { recorded_at, actor, source, event_id, effective_from, effective_to, back_dated } = explanation;
  return (
    <ul className="plain hint explained">
      <li>
        Recorded <Instant at={recorded_at} precision="seconds" /> by {actor}
        {roleAndReason(explanation, SOURCES[source as keyof typeof SOURCES] ?? source)}{" "}
        <PageLink href={`/audit/${event_id}`} needs="read_event" isAbsent>
          {texts.event}
        </PageLink>
      </li>
      {effective_from !== null && (
        <li>
          It holds <Days from={effective_from} to={effective_to} />{" "}
          {back_dated && <Badge tone="warning">{texts.backDated}</Badge>}
        </li>
      )}
      <li>
        <Before explanation={explanation} words={words} />
      </li>
      <Ways explanation={explanation} words={words} />
    </ul>
  );
}

function Before({ explanation: { changed, before }, words }: { explanation: Explanation; words: Words }) {
  if (!changed) return texts.same;
  if (before === null) return texts.nothingBefore;
  return <>Before: {words(before)}</>;
}

/** The ways by which the value came, of which there may be none. */
function Ways({ explanation, words }: { explanation: Explanation; words: Words }) {
  const { upload, interaction, profile_class, merge } = explanation;
  return (
    <>
      {upload && <FromFile upload={upload} />}
      {interaction && <OnCall call={interaction} words={words} />}
      {profile_class && <OfClass of={profile_class} />}
      {merge && <OfMerge merge={merge} words={words} />}
    </>
  );
}

function FromFile({ upload }: { upload: Schema<"ByUpload"> }) {
  const { mapping } = upload;
  return (
    <li>
      File{" "}
      <PageLink href={`/set-up/uploads/${upload.upload}`} needs="read_upload">
        {upload.file ?? upload.upload}
      </PageLink>
      {placeInFile(upload)}
      {mapping !== null && (
        <>
          ;{" "}
          <PageLink href={auditOf("upload_mapping", mapping)} needs="search_history">
            {mappingText(mapping, upload.mapping_version)}
          </PageLink>
        </>
      )}
    </li>
  );
}

function OnCall({ call, words }: { call: Schema<"DuringInteraction">; words: Words }) {
  return (
    <>
      <li>
        During call{" "}
        <PageLink href={auditOf("interaction", call.interaction)} needs="search_history">
          {call.interaction}
        </PageLink>{" "}
        of {call.agent} with customer{" "}
        <PageLink href={`/customers/${encodeURIComponent(call.customer)}`} needs="read_customer">
          {call.customer}
        </PageLink>
        , since <Instant at={call.started_at} />
      </li>
      <li>The agent saw {call.saw === null ? texts.noValue : words(call.saw)}.</li>
    </>
  );
}

function OfClass({ of }: { of: Schema<"OfProfileClass"> }) {
  if (of.profile_class === null) return <li>{texts.system}</li>;
  if (of.origin === "here") return <li>{texts.here}</li>;
  const page = `/set-up/classes/${encodeURIComponent(of.profile_class)}`;
  return (
    <li>
      Class{" "}
      <PageLink href={page} needs="read_profile_class">
        {classText(of)}
      </PageLink>
      {of.propagated && (
        <>
          ,{" "}
          <PageLink href={`${page}/propagations/${of.class_version}`} needs="read_propagation">
            {texts.propagated}
          </PageLink>
        </>
      )}{" "}
      {of.class_event_id !== null && (
        <PageLink href={`/audit/${of.class_event_id}`} needs="read_event" isAbsent>
          {texts.eventOfVersion}
        </PageLink>
      )}
    </li>
  );
}

function OfMerge({ merge, words }: { merge: Schema<"OfMerge">; words: Words }) {
  return (
    <>
      <li>{merge.brought_by === null ? texts.own : broughtBy(merge.brought_by)}</li>
      {merge.lost.map(({ customer, value }) => (
        <li key={customer}>
          {words(value)} of customer {customer}, who was merged in, does not hold.
        </li>
      ))}
    </>
  );
}

/** Returns the address of all events of a thing that has no page of its own. */
function auditOf(kind: string, key: string): string {
  return `/audit?${new URLSearchParams({ kind, key })}`;
}

interface LinkProps {
  href: string;
  /** Who may call this operation may see the page. */
  needs: Operation;
  /** Nothing stands in the place of a link that leads nowhere for the reader. */
  isAbsent?: boolean;
  children: string;
}

/** A link to the page of a thing; its name alone where the reader may not see the page, or there are no pages. */
function PageLink({ href, needs, isAbsent = false, children }: LinkProps) {
  const may = useRights();
  const hasPages = useContext(HasPages);
  if (hasPages && may(needs)) return <To href={href}>{children}</To>;
  return isAbsent ? null : children;
}
