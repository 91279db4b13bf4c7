import { useQuery } from "@tanstack/react-query";
import { Link } from "wouter";
import { type Interaction, useCurrentInteraction } from "../api/currentCall.ts";
import { customerQuery } from "../api/customers.ts";
import { useMe } from "../api/session.ts";
import { NOW } from "../time/point.ts";
import { currentCall } from "./texts.ts";

/** Leads an agent back to the customer of the call in progress, from wherever that is (rule 3.5). */
export function CurrentCall() {
  const { roles } = useMe();
  const call = useCurrentInteraction(roles.includes("agent"));
  return call && <CallLink call={call} />;
}

function CallLink({ call: { customer, state } }: { call: Interaction }) {
  const { data } = useQuery(customerQuery(customer, NOW));
  return (
    <Link className="call" href={`/customers/${encodeURIComponent(customer)}`}>
      {currentCall(state, data?.name ?? customer)}
    </Link>
  );
}
