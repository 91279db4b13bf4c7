/** The parts that stand alone in an agent desktop: `/embed/widget/{number}` and `/embed/drawer/{number}`. */

import { QueryClientProvider } from "@tanstack/react-query";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { Route, Switch } from "wouter";
import { makeQueryClient } from "./api/reading.ts";
import type { Schema } from "./api/types.ts";
import { StandaloneDrawer } from "./customer/StandaloneDrawer.tsx";
import { Widget } from "./customer/Widget.tsx";
import { HasPages } from "./design/To.tsx";
import "./design/tokens.css";
import "./design/base.css";
import "./customer/customer.css";
import { Embedded } from "./embed/Embedded.tsx";
import { tell } from "./embed/host.ts";

function saved({ changed, position, version }: Schema<"WriteAnswer">) {
  tell({ type: "saved", changed, position, version });
}

function Parts() {
  return (
    <Switch>
      <Route path="/embed/widget/:number">
        {({ number }) => (
          <Embedded>
            {(opened) => <Widget number={opened.customer ?? number} call={opened.interaction} onSaved={saved} />}
          </Embedded>
        )}
      </Route>
      <Route path="/embed/drawer/:number">
        {({ number }) => (
          <Embedded>
            {(opened) => (
              <StandaloneDrawer
                number={opened.customer ?? number}
                onSaved={(answer) => {
                  saved(answer);
                  tell({ type: "closed", reason: "ok" });
                }}
                onCancel={() => tell({ type: "closed", reason: "cancel" })}
              />
            )}
          </Embedded>
        )}
      </Route>
    </Switch>
  );
}

const root = document.getElementById("root");
if (root === null) throw new Error("The page has no root.");
createRoot(root).render(
  <StrictMode>
    <QueryClientProvider client={makeQueryClient()}>
      <HasPages value={false}>
        <Parts />
      </HasPages>
    </QueryClientProvider>
  </StrictMode>,
);
