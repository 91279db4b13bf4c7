import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useParams, useSearch } from "wouter";
import { refusalOf } from "../api/refusals.ts";
import { useRights } from "../api/session.ts";
import { Action } from "../design/Action.tsx";
import { Empty } from "../design/Empty.tsx";
import { itemsOf, LoadMore } from "../design/LoadMore.tsx";
import { Notice } from "../design/Notice.tsx";
import { Panel } from "../design/Panel.tsx";
import { Table } from "../design/Table.tsx";
import { To } from "../design/To.tsx";
import { Instant } from "../design/When.tsx";
import { Page } from "../shell/Page.tsx";
import { usePastReason } from "../shell/usePastReason.ts";
import { Filters } from "./Filters.tsx";
import { count, type Reading } from "./judging.ts";
import { LetterList } from "./LetterList.tsx";
import { OpenLetter } from "./OpenLetter.tsx";
import "./operations.css";
import { type Letter, type LetterReason, lettersQuery, reasonsQuery, STATES } from "./queries.ts";
import { type Chosen, ResendMany } from "./ResendMany.tsx";
import { allWithReason, resendChecked, letterTexts as texts } from "./texts.ts";
import { useLiveLetters } from "./useLiveLetters.ts";
import { useOperations } from "./useOperations.ts";

const ALL = "all";
const LETTERS_PATH = "/operations/dead-letters";

/** Dead letters: counted by reason, listed, and sent again, many at once; one of them may be open beside the list (rule 4.4). */
export default function DeadLettersPage() {
  const { id = null } = useParams();
  const parameters = useSearch();
  const search = parameters === "" ? "" : `?${parameters}`;
  const counts = useOperations().query.data?.dead_letters ?? undefined;
  const [chosen, setChosen] = useState<Chosen | null>(null);
  const [outcome, setOutcome] = useState<string | null>(null);
  useLiveLetters(counts);

  function resend(next: Chosen) {
    setOutcome(null);
    setChosen(next);
  }

  return (
    <Page
      title={texts.deadLetters}
      tabTitle={id === null ? texts.deadLetters : texts.letter}
      aside={id !== null && <To href={`${LETTERS_PATH}${search}`}>{texts.back}</To>}
    >
      {outcome !== null && (
        <Notice tone="success" role="status">
          {outcome}
        </Notice>
      )}
      {id === null && <Reasons onResend={resend} />}
      <div className={id === null ? undefined : "beside"}>
        <div className="stack letters">
          <StateFilters counts={counts} />
          <Letters open={id} onResend={resend} />
        </div>
        {id !== null && <OpenLetter key={id} id={id} />}
      </div>
      {chosen !== null && <ResendMany chosen={chosen} onClose={() => setChosen(null)} onDone={setOutcome} />}
    </Page>
  );
}

function StateFilters({ counts }: { counts: NonNullable<Reading["dead_letters"]> | undefined }) {
  const states = STATES.map((each) => ({ value: each === "dead" ? null : each, label: each, count: counts?.[each] }));
  return <Filters label={texts.byState} name="state" choices={[...states, { value: ALL, label: ALL }]} />;
}

function Reasons({ onResend }: { onResend: (chosen: Chosen) => void }) {
  const query = useQuery(reasonsQuery());
  const may = useRights();
  const past = usePastReason();
  const act = {
    head: texts.act,
    cell: (each: LetterReason) => (
      <Action
        off={past ?? (each.dead === each.unreadable ? texts.unreadableWhy : null)}
        onClick={() => onResend({ reason: each.reason, count: each.dead })}
      >
        {allWithReason(each.dead)}
      </Action>
    ),
  };
  return (
    <Panel title={texts.reasons} query={query}>
      {({ items }) =>
        items.length === 0 ? (
          <Empty text={texts.noReasons} />
        ) : (
          <div className="whole-words">
            <Table
              caption={texts.reasons}
              rows={items}
              keyOf={(each) => each.reason}
              columns={[
                {
                  head: texts.reason,
                  cell: ({ reason }) => (
                    <>
                      <To className="reason" href={`${LETTERS_PATH}?${new URLSearchParams({ reason })}`}>
                        {refusalOf(reason).sentence}
                      </To>
                      <div className="hint">{refusalOf(reason).status}</div>
                    </>
                  ),
                },
                { head: texts.count, align: "end", cell: (each) => count(each.dead) },
                { head: texts.firstDied, cell: (each) => <Instant at={each.first_died_at} /> },
                { head: texts.lastDied, cell: (each) => <Instant at={each.last_died_at} /> },
                ...(may("resend_many") ? [act] : []),
              ]}
            />
          </div>
        )
      }
    </Panel>
  );
}

interface LettersProps {
  open: string | null;
  onResend: (chosen: Chosen) => void;
}

function Letters({ open, onResend }: LettersProps) {
  const parameters = new URLSearchParams(useSearch());
  const wanted = parameters.get("state");
  const state = wanted === ALL ? undefined : (STATES.find((each) => each === wanted) ?? "dead");
  const reason = parameters.get("reason") ?? undefined;
  const query = useInfiniteQuery(lettersQuery(state, reason));
  return (
    <Panel title={texts.deadLetters} query={query} actions={reason && <To href={LETTERS_PATH}>{texts.allReasons}</To>}>
      {(data) => (
        <>
          {reason && (
            <p>
              {texts.reason}: {refusalOf(reason).sentence}
            </p>
          )}
          {itemsOf(data).length === 0 ? (
            <Empty text={texts.none} />
          ) : (
            <Choosing letters={itemsOf(data)} open={open} onResend={onResend} />
          )}
          <LoadMore query={query} />
        </>
      )}
    </Panel>
  );
}

function Choosing({ letters, open, onResend }: LettersProps & { letters: Letter[] }) {
  const search = useSearch();
  const may = useRights();
  const past = usePastReason();
  const [checked, setChecked] = useState<ReadonlySet<string>>(new Set());
  const mayResend = may("resend_many");
  const dead = letters.filter(({ state, event_id }) => state === "dead" && checked.has(event_id));

  function toggle(eventId: string) {
    const next = new Set(checked);
    if (!next.delete(eventId)) next.add(eventId);
    setChecked(next);
  }

  function resend() {
    onResend({ eventIds: dead.map((each) => each.event_id), count: dead.length });
  }

  return (
    <>
      <LetterList
        letters={letters}
        checked={checked}
        onToggle={mayResend ? toggle : undefined}
        open={open}
        pathTo={(eventId) => `${LETTERS_PATH}/${encodeURIComponent(eventId)}?${search}`}
        onResend={() => dead.length > 0 && past === null && resend()}
      />
      {mayResend && (
        <div className="row">
          <Action off={past ?? (dead.length === 0 ? texts.choose : null)} onClick={resend}>
            {resendChecked(dead.length)}
          </Action>
          <span className="hint">{texts.keys}</span>
        </div>
      )}
    </>
  );
}
