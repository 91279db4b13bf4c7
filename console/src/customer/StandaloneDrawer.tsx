import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useRights } from "../api/session.ts";
import type { Schema } from "../api/types.ts";
import { Reading } from "../design/Panel.tsx";
import { NOW } from "../time/point.ts";
import { DrawerForm } from "./DrawerForm.tsx";
import { drawerQuery } from "./queries.ts";
import { SavedProfile } from "./SavedProfile.tsx";
import { drawerTexts as texts } from "./texts.ts";
import type { Saved } from "./useDrawerForm.ts";

interface Props {
  number: string;
  onSaved: (answer: Schema<"WriteAnswer">) => void;
  onCancel: () => void;
}

/** The drawer without a page around it. */
export function StandaloneDrawer({ number, onSaved, onCancel }: Props) {
  const query = useQuery(drawerQuery(number, NOW));
  const may = useRights();
  const [saved, setSaved] = useState<Saved | null>(null);
  const [saves, setSaves] = useState(0);
  return (
    <Reading query={query}>
      {(drawer) => (
        <section className="stack">
          <h2>{drawer.title}</h2>
          <DrawerForm
            key={saves}
            drawer={drawer}
            off={may("confirm_drawer") ? null : texts.mayNot}
            onChanged={() => setSaved(null)}
            onCancel={onCancel}
            onSaved={(next) => {
              setSaved(next);
              setSaves(saves + 1);
              onSaved(next.answer);
            }}
          />
          {saved && <SavedProfile number={number} saved={saved} />}
        </section>
      )}
    </Reading>
  );
}
