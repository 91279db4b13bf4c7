/** The console: its providers and its routes. */

import { QueryClientProvider, useQuery } from "@tanstack/react-query";
import { type ComponentType, StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { Route, Router, Switch } from "wouter";
import { isReached } from "./api/client.ts";
import { NetworkError } from "./api/problems.ts";
import { makeQueryClient } from "./api/reading.ts";
import { Reading } from "./design/Panel.tsx";
import "./design/tokens.css";
import "./design/base.css";
import routes from "./routes.json";
import { NotFoundPage } from "./shell/NotFoundPage.tsx";
import { Page } from "./shell/Page.tsx";
import { parsePattern } from "./shell/patterns.ts";
import { Shell } from "./shell/Shell.tsx";
import { SignedIn } from "./shell/SignedIn.tsx";
import { SignInPage } from "./shell/SignInPage.tsx";
import { texts } from "./shell/texts.ts";
import { useRawLocation, useRawSearch } from "./shell/useRawLocation.ts";

const REDEPLOYED_AFTER_MS = 10_000;

type PageModule = { default: ComponentType };
const modules = import.meta.glob<PageModule>(["./*/*Page.tsx", "!./shell/*"]);

/** Returns a page's module, which is fetched when the page is first opened. */
async function fetchPage(page: string): Promise<PageModule> {
  const fetchModule = modules[`./${page}`];
  if (fetchModule === undefined) throw new Error(`routes.json names ${page}, which does not exist.`);
  try {
    return await fetchModule();
  } catch (failure) {
    if (!(await isReached())) throw new NetworkError("The server cannot be reached.");
    // The server has another build than this tab. A tab that has just been opened would only be loaded again and again.
    if (performance.now() > REDEPLOYED_AFTER_MS) window.location.reload();
    throw failure;
  }
}

function RoutedPage({ page }: { page: string }) {
  const module = useQuery({
    queryKey: ["page", page],
    queryFn: () => fetchPage(page),
    staleTime: Number.POSITIVE_INFINITY,
  });
  const content = <Reading query={module}>{({ default: Content }) => <Content />}</Reading>;
  // A page brings its own heading, but one that cannot be fetched does not.
  return module.isLoadingError ? <Page title={texts.name}>{content}</Page> : content;
}

/** The page of the address. It begins anew for another thing, unless it shows that beside what `stays`. */
function Console() {
  return (
    <SignedIn>
      <Shell>
        <Switch>
          {routes.map(({ path, page, stays = false }) => (
            <Route key={page} path={path}>
              {(parameters) => <RoutedPage key={stays ? page : Object.values(parameters).join("/")} page={page} />}
            </Route>
          ))}
          <Route>
            <NotFoundPage />
          </Route>
        </Switch>
      </Shell>
    </SignedIn>
  );
}

const root = document.getElementById("root");
if (root === null) throw new Error("The page has no root.");
createRoot(root).render(
  <StrictMode>
    <QueryClientProvider client={makeQueryClient()}>
      <Router hook={useRawLocation} searchHook={useRawSearch} parser={parsePattern}>
        <Switch>
          <Route path="/sign-in">
            <SignInPage />
          </Route>
          <Route>
            <Console />
          </Route>
        </Switch>
      </Router>
    </QueryClientProvider>
  </StrictMode>,
);
