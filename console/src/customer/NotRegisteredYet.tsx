import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { useLocation } from "wouter";
import { customerQuery } from "../api/customers.ts";
import { problemOf } from "../api/problems.ts";
import { NothingYet } from "../history/NothingYet.tsx";
import { isBeforeFirst, NOW, withPoint } from "../time/point.ts";
import { usePoint } from "../time/usePoint.ts";
import { customerName } from "./paths.ts";

interface Props {
  number: string;
  /** Why the customer could not be read at the point of the page. */
  error: Error | null;
  children: ReactNode;
}

/** Says of a customer that was not known yet at the point of the page when it was registered; otherwise gives what stands inside. */
export function NotRegisteredYet({ number, error, children }: Props) {
  const [path] = useLocation();
  const { validAt, knownAt } = usePoint();
  const isUnknown = knownAt !== null && problemOf(error, "not-found") !== null;
  const query = useQuery({ ...customerQuery(number, NOW), enabled: isUnknown });
  if (!isUnknown) return children;
  const first = query.data?.registered_at;
  if (first === undefined || !isBeforeFirst({ validAt, knownAt }, first)) return query.isLoading ? null : children;
  const href = withPoint(path, { validAt, knownAt: first });
  return <NothingYet name={customerName(number)} knownAt={knownAt} first={first} href={href} />;
}
