import { useQuery } from "@tanstack/react-query";
import { type ReactNode, useEffect, useRef } from "react";
import { useRights } from "../api/session.ts";
import { Badge } from "../design/Badge.tsx";
import { Panel } from "../design/Panel.tsx";
import { Section } from "../design/Section.tsx";
import { To } from "../design/To.tsx";
import { Days, Instant } from "../design/When.tsx";
import { TONE, valueText } from "./LetterList.tsx";
import { type Letter, letterQuery } from "./queries.ts";
import { ResendForm } from "./ResendForm.tsx";
import { requestedBy, letterTexts as texts } from "./texts.ts";

/** One dead letter: what was to be sent, why it was refused, and sending it again, as it was or corrected (rule 4.4). */
export function OpenLetter({ id }: { id: string }) {
  const query = useQuery(letterQuery(id));
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => heading.current?.focus(), []);
  return (
    <div className="stack">
      <h2 ref={heading} tabIndex={-1}>
        {texts.letter}
      </h2>
      <Panel title={texts.refused} query={query}>
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
      {letter.number !== null && may("resend") && letter.state === "dead" && <ResendForm letter={letter} />}
      {letter.state !== "dead" && <p role="status">{letter.state === "resent" ? texts.wasResent : texts.onItsWay}</p>}
    </Section>
  );
}

function Facts({ letter }: { letter: Letter }) {
  return (
    <dl className="facts">
      <Fact name={texts.state}>
        <Badge tone={TONE[letter.state]}>{letter.state}</Badge>
      </Fact>
      <Fact name={texts.reason}>{letter.reason}</Fact>
      <Fact name={texts.statusCode}>{letter.status_code}</Fact>
      <Fact name={texts.customer}>
        {letter.number && <To href={`/customers/${encodeURIComponent(letter.number)}`}>{letter.number}</To>}
      </Fact>
      <Fact name={texts.attribute}>{letter.attribute}</Fact>
      <Fact name={texts.value}>{valueText(letter)}</Fact>
      <Fact name={texts.correctedValue}>{letter.corrected && (letter.corrected_value ?? texts.cleared)}</Fact>
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
