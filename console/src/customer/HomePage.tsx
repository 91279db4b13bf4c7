import { useQuery } from "@tanstack/react-query";
import { Redirect } from "wouter";
import { type Interaction, useCurrentInteraction } from "../api/currentCall.ts";
import { customerQuery } from "../api/customers.ts";
import { useMe } from "../api/session.ts";
import type { Role } from "../api/types.ts";
import { Panel } from "../design/Panel.tsx";
import { To } from "../design/To.tsx";
import { Page } from "../shell/Page.tsx";
import { useAreas } from "../shell/useAreas.ts";
import { NOW } from "../time/point.ts";
import { CallState } from "./CallState.tsx";
import "./customer.css";
import { FindCustomers } from "./FindCustomers.tsx";
import { pathOf } from "./paths.ts";
import { openCustomer, texts } from "./texts.ts";

/** Where each role begins; the first one counts that a person has and whose area there is. */
const HOMES: readonly (readonly [Role, string])[] = [
  ["administrator", "/customers"],
  ["auditor", "/audit"],
  ["integrator", "/operations"],
];

/** The first page: an agent's call, or search; of others, the area that is theirs. */
export default function HomePage() {
  const { roles } = useMe();
  const areas = useAreas();
  const home = HOMES.find(([role, path]) => roles.includes(role) && areas.some((area) => area.path === path));
  if (home === undefined && roles.includes("agent")) return <AgentHome />;
  return <Redirect to={home?.[1] ?? "/customers"} replace />;
}

function AgentHome() {
  const call = useCurrentInteraction(true);
  return (
    <Page title={call === null ? texts.customers : texts.myCall}>
      {call === null ? <FindCustomers /> : <OpenCall call={call} />}
    </Page>
  );
}

function OpenCall({ call }: { call: Interaction }) {
  const query = useQuery(customerQuery(call.customer, NOW));
  return (
    <Panel title={texts.myCall} actions={<CallState call={call} />} query={query}>
      {({ name, number }) => (
        <>
          <p className="large">
            {name} <span className="muted">{number}</span>
          </p>
          <div>
            <To className="button primary" href={pathOf(number)}>
              {openCustomer(name)}
            </To>
          </div>
        </>
      )}
    </Panel>
  );
}
