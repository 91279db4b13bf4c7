import { Empty } from "../design/Empty.tsx";
import { To } from "../design/To.tsx";
import { Page } from "./Page.tsx";
import { texts } from "./texts.ts";

/** Says that an address leads nowhere. */
export function NotFoundPage() {
  return (
    <Page title={texts.notFound}>
      <Empty text={texts.notFoundHint}>
        <To href="/">{texts.name}</To>
      </Empty>
    </Page>
  );
}
