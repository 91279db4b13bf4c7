import { useRights } from "../api/session.ts";
import { PageTabs } from "../history/PageTabs.tsx";
import { pathOf } from "./paths.ts";
import { pageTexts as texts } from "./texts.ts";

/** Links to the pages about one customer. */
export function CustomerTabs({ number }: { number: string }) {
  const path = pathOf(number);
  const may = useRights();
  const links = [
    [path, texts.customer],
    [`${path}/history`, texts.history],
    [`${path}/compare`, texts.compare],
    ...(may("merge_customers") ? ([[`${path}/merge`, texts.mergeTab]] as const) : []),
  ] as const;
  return <PageTabs label={texts.parts} links={links} />;
}
