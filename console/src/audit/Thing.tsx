import { To } from "../design/To.tsx";
import { type Kind, thingPath, thingText } from "./things.ts";

/** What an event is about, as a link where it has a page. */
export function Thing({ kind, name }: { kind: Kind; name: string }) {
  const path = thingPath(kind, name);
  const text = thingText(kind, name);
  return path === null ? text : <To href={path}>{text}</To>;
}
