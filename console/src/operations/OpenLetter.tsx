import { useQuery } from "@tanstack/react-query";
import { type ReactNode, useLayoutEffect, useRef } from "react";
import { refusalOf } from "../api/refusals.ts";
import { useRights } from "../api/session.ts";
import { Badge } from "../design/Badge.tsx";
import { Panel } from "../design/Panel.tsx";
import { Section } from "../design/Section.tsx";
import { RefusalText, SentValue } from "../design/Sent.tsx";
import { To } from "../design/To.tsx";
import { Days, Instant } from "../design/When.tsx";
import { Accepted, TONE } from "./LetterList.tsx";
import { type Letter, letterQuery } from "./queries.ts";
import { ResendForm } from "./ResendForm.tsx";
import { customerNamed, requestedBy, letterTexts as texts } from "./texts.ts";
import { useListsFollowing } from "./useLiveLetters.ts";

/** One dead letter: what was to be sent, why it was refused, and sending it again, as it was or corrected (rule 4.4). */
export function OpenLetter({ id }: { id: string }) {
  const query = useQuery(letterQuery(id));
  const heading = useRef<HTMLHeadingElement>(null);
  useLayoutEffect(() => heading.current?.focus(), []);
  useListsFollowing(query.data?.state);
  return (
    <div className="stack">
      <h2 ref={heading} tabIndex={-1}>
        {texts.letter}
      </h2>
      <Panel title={query.data?.state === "resent" ? texts.sentAgain : texts.refused} query={query}>
        {(letter) => <Facts letter={letter} />}
      </Panel>
      {query.data && <Acting letter={query.data} />}
    </div>
  );
}

function Acting({ letter }: { letter: Letter }) {
  const may = useRights();
  return (
    <Section title={texts.correct}>
      {letter.number === null && <p>{texts.unreadableWhy}</p>}
      {letter.number !== null && !may("resend") && <p className="muted">{texts.mayNot}</p>}
      {letter.number !== null && may("resend") && letter.state !== "resent" && <ResendForm letter={letter} />}
      {!may("resend") && letter.state === "resending" && <p role="status">{texts.onItsWay}</p>}
      {letter.state === "resent" && <WasAccepted letter={letter} />}
    </Section>
  );
}

/** Takes the focus over from the form that it replaces. */
function WasAccepted({ letter }: { letter: Letter }) {
  const line = useRef<HTMLParagraphElement>(null);
  useLayoutEffect(() => {
    if (document.activeElement === document.body) line.current?.focus();
  }, []);
  return (
    <p role="status" ref={line} tabIndex={-1}>
      <Accepted letter={letter} />
    </p>
  );
}

function Facts({ letter }: { letter: Letter }) {
  return (
    <dl className="facts">
      <Fact name={texts.state}>
        <Badge tone={TONE[letter.state]}>{letter.state}</Badge>
      </Fact>
      {letter.state === "resent" ? (
        <Fact name={texts.earlierReason}>
          <RefusalText reason={letter.reason} />
        </Fact>
      ) : (
        <>
          <Fact name={texts.reason}>{refusalOf(letter.reason).sentence}</Fact>
          <Fact name={texts.statusCode}>{refusalOf(letter.reason).status ?? letter.status_code}</Fact>
        </>
      )}
      <Fact name={texts.customer}>
        {letter.number && (
          <To href={`/customers/${encodeURIComponent(letter.number)}`}>{customerNamed(letter.number)}</To>
        )}
      </Fact>
      <Fact name={texts.attribute}>{letter.attribute}</Fact>
      <Fact name={texts.value}>
        <SentValue sent={letter} />
      </Fact>
      <Fact name={texts.effective}>
        {letter.effective_from && <Days from={letter.effective_from} to={letter.effective_to ?? null} />}
      </Fact>
      <Fact name={texts.attempts}>{letter.attempts}</Fact>
      <Fact name={texts.died}>
        <Instant at={letter.died_at} precision="seconds" />
      </Fact>
      <Fact name={texts.requested}>
        {letter.resend_requested_at && (
          <>
            <Instant at={letter.resend_requested_at} precision="seconds" />{" "}
            {letter.resend_requested_by && requestedBy(letter.resend_requested_by)}
          </>
        )}
      </Fact>
      <Fact name={texts.resent}>{letter.resent_at && <Instant at={letter.resent_at} precision="seconds" />}</Fact>
      <Fact name={texts.position}>{letter.position}</Fact>
      <Fact name={texts.event}>
        <code>{letter.event_id}</code>
      </Fact>
    </dl>
  );
}

/** What is not there is left out. */
function Fact({ name, children }: { name: string; children: ReactNode }) {
  if (children == null || children === false || children === "") return null;
  return (
    <>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </>
  );
}
