import type { ComponentProps } from "react";
import { Link } from "wouter";
import { withPoint } from "../time/point.ts";
import { usePoint } from "../time/usePoint.ts";

interface Props extends Omit<ComponentProps<"a">, "href"> {
  href: string;
}

/** A link to another page of the console, for the point in time of this one. */
export function To({ href, ...rest }: Props) {
  return <Link href={withPoint(href, usePoint())} {...rest} />;
}
