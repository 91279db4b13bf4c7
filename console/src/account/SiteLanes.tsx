import { useQuery } from "@tanstack/react-query";
import { Empty } from "../design/Empty.tsx";
import { compareNumbers } from "../design/LoadMore.tsx";
import { Panel } from "../design/Panel.tsx";
import type { Window } from "../picture/geometry.ts";
import { Lanes } from "../picture/Lanes.tsx";
import { type Place, pathOf } from "./place.ts";
import { versionsQuery } from "./queries.ts";
import { texts } from "./texts.ts";

interface Props {
  place: Place;
  classes: readonly string[];
  window: Window;
  day: number;
  knownAt: string | null;
}

/** The sites of the account on the dates of the picture; on a site's page its account as well. */
export function SiteLanes({ place: { account, site }, ...where }: Props) {
  const query = useQuery(versionsQuery(account));
  return (
    <Panel title={texts.sites} query={query}>
      {(data) => {
        const own = { name: texts.accountLane, href: pathOf({ account }), versions: data.versions.items };
        const inOrder = data.sites.toSorted((a, b) => compareNumbers(a.site, b.site));
        const sites = inOrder.map((each) => ({
          name: each.site,
          href: pathOf({ account, site: each.site }),
          versions: each.versions.items,
          otherwise: texts.asAccount,
        }));
        const lanes = site === undefined ? sites : [{ ...own, otherwise: texts.noProfile }, ...sites];
        return lanes.length === 0 ? <Empty text={texts.noSites} /> : <Lanes lanes={lanes} {...where} />;
      }}
    </Panel>
  );
}
