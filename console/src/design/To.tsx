import { type ComponentProps, createContext } from "react";
import { Link } from "wouter";
import { withPoint } from "../time/point.ts";
import { usePoint } from "../time/usePoint.ts";

/** Whether the console's pages are there to link to; an embedded part stands alone. */
export const HasPages = createContext(true);

interface Props extends Omit<ComponentProps<"a">, "href"> {
  href: string;
}

/** A link to another page of the console, for the point in time of this one. */
export function To({ href, ...rest }: Props) {
  return <Link href={withPoint(href, usePoint())} {...rest} />;
}
