import { type ComponentType, useState } from "react";
import { texts } from "./texts.ts";

export const SEARCH_FIELD = "search";

/** The search field of the top bar. Its list of results is a third of the shell's code, so it is fetched when the field is used. */
export function Search() {
  const [typed, setTyped] = useState("");
  const [box, setBox] = useState<ComponentType<{ initial: string }> | null>(null);
  const Box = box;

  function fetchBox() {
    // What fails now is tried again with the next focus.
    import("./SearchBox.tsx").then(
      (module) => setBox(() => module.default),
      () => undefined,
    );
  }

  return (
    <search>
      {Box ? (
        <Box initial={typed} />
      ) : (
        <input
          id={SEARCH_FIELD}
          className="input"
          role="combobox"
          aria-expanded="false"
          aria-label={texts.search}
          aria-keyshortcuts="/"
          placeholder={texts.search}
          value={typed}
          onChange={(event) => setTyped(event.target.value)}
          onFocus={fetchBox}
        />
      )}
    </search>
  );
}
