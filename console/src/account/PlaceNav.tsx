import { useRights } from "../api/session.ts";
import { PageTabs } from "../history/PageTabs.tsx";
import { type Place, pathOf } from "./place.ts";
import { texts } from "./texts.ts";

/** Links to the pages about one profile. */
export function PlaceNav({ place }: { place: Place }) {
  const may = useRights();
  const path = pathOf(place);
  const edit = place.site === undefined ? texts.editAccount : texts.editSite;
  const links = [
    [path, texts.timeline],
    [`${path}/history`, texts.history],
    [`${path}/compare`, texts.compare],
    ...(may("search_history") ? ([[`${path}/events`, texts.events]] as const) : []),
    ...(may("assign_account_class") ? ([[`${path}/change`, edit]] as const) : []),
  ] as const;
  return <PageTabs label={texts.parts} links={links} />;
}
