import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useCurrentInteraction } from "../api/currentCall.ts";
import { useMe } from "../api/session.ts";
import type { Schema } from "../api/types.ts";
import { Action } from "../design/Action.tsx";
import { Panel } from "../design/Panel.tsx";
import { usePoint } from "../time/usePoint.ts";
import { CallState } from "./CallState.tsx";
import { isBehindCall } from "./currentCall.ts";
import { widgetQuery } from "./queries.ts";
import { texts } from "./texts.ts";
import { WidgetForm } from "./WidgetForm.tsx";

const CATCH_UP_MS = 500;

interface Props {
  number: string;
  /** The call that edits are part of, where another program says so; else the one that the agent has open. */
  call?: string;
  onSaved?: (answer: Schema<"WriteAnswer">) => void;
}

/** The Customer Profile widget: call state, “Sort By”, and the fields. */
export function Widget({ number, call, onSaved }: Props) {
  const [isSorted, setSorted] = useState(false);
  const { roles } = useMe();
  const isAgent = roles.includes("agent");
  const open = useCurrentInteraction(isAgent);
  const query = useQuery({
    ...widgetQuery(number, usePoint()),
    refetchInterval: ({ state }) => (isAgent && isBehindCall(state.data, open) ? CATCH_UP_MS : false),
  });
  const isHere = open?.customer === number || open?.interaction === query.data?.interaction?.interaction;
  const actions = (
    <>
      {isAgent && <CallState call={isHere ? open : null} />}
      <Action aria-pressed={isSorted} onClick={() => setSorted(!isSorted)}>
        {texts.sortBy}
      </Action>
    </>
  );
  return (
    <Panel title={texts.widget} actions={actions} query={query}>
      {(widget) => <WidgetForm widget={widget} isSorted={isSorted} call={call} onSaved={onSaved} />}
    </Panel>
  );
}
