import { useLocation } from "wouter";
import { useRights } from "../api/session.ts";
import { To } from "../design/To.tsx";
import { type Place, pathOf } from "./place.ts";
import { texts } from "./texts.ts";

/** Links to the pages about one profile. */
export function PlaceNav({ place }: { place: Place }) {
  const [current] = useLocation();
  const may = useRights();
  const path = pathOf(place);
  const links = [
    [path, texts.timeline],
    [`${path}/history`, texts.history],
    [`${path}/compare`, texts.compare],
    ...(may("assign_account_class") ? ([[`${path}/change`, texts.change]] as const) : []),
  ] as const;
  return (
    <nav aria-label={texts.parts} className="tab-list">
      {links.map(([href, label]) => (
        <To key={href} className="tab" href={href} aria-current={href === current ? "page" : undefined}>
          {label}
        </To>
      ))}
    </nav>
  );
}
