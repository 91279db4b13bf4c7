import { useQuery } from "@tanstack/react-query";
import { useParams } from "wouter";
import { Panel } from "../design/Panel.tsx";
import { To } from "../design/To.tsx";
import { Page } from "../shell/Page.tsx";
import { usePoint } from "../time/usePoint.ts";
import "./audit.css";
import { topicText } from "./changed.ts";
import { EventFacts } from "./EventFacts.tsx";
import { eventQuery } from "./queries.ts";
import { texts } from "./texts.ts";

/** One event, found by its id. */
export default function EventPage() {
  const { event = "" } = useParams<{ event: string }>();
  const query = useQuery(eventQuery(event, usePoint()));
  const title = query.data === undefined ? texts.event : topicText(query.data.topic);
  return (
    <Page title={texts.event} tabTitle={title} aside={<To href="/audit">{texts.allEvents}</To>}>
      <Panel title={title} query={query}>
        {(entry) => <EventFacts entry={entry} />}
      </Panel>
    </Page>
  );
}
