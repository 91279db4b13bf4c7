import { useLocation } from "wouter";
import { Action } from "../design/Action.tsx";
import { Empty } from "../design/Empty.tsx";
import { focusSearch } from "../design/search.ts";
import { Page } from "./Page.tsx";
import { notFoundText, texts } from "./texts.ts";

/** Says that an address leads nowhere, and offers to search. */
export function NotFoundPage() {
  const [path] = useLocation();
  return (
    <Page title={texts.notFound}>
      <Empty text={notFoundText(path)}>
        <div>
          <Action look="primary" onClick={focusSearch}>
            {texts.search}
          </Action>
        </div>
      </Empty>
    </Page>
  );
}
