import { useQuery } from "@tanstack/react-query";
import { type KeyboardEvent, useEffect, useState } from "react";
import {
  Collection,
  ComboBox,
  Header,
  Input,
  type Key,
  Label,
  ListBox,
  ListBoxItem,
  ListBoxSection,
  Popover,
  Text,
} from "react-aria-components";
import { useLocation } from "wouter";
import { body, client } from "../api/client.ts";
import { read } from "../api/reading.ts";
import { clocks, type Point, withPoint } from "../time/point.ts";
import { usePoint } from "../time/usePoint.ts";
import { groupsOf } from "./results.ts";
import { SEARCH_FIELD } from "./Search.tsx";
import { texts } from "./texts.ts";

const REST_MS = 200;

function searchQuery(q: string, point: Point) {
  return read("search_everything", [q], point, (signal) =>
    body(client.GET("/v1/search", { params: { query: { q, ...clocks(point) } }, signal })),
  );
}

/** The search field with its list of results: one text for whatever it may be the number, the name or the id of. */
export default function SearchBox({ initial }: { initial: string }) {
  const [, navigate] = useLocation();
  const point = usePoint();
  const [typed, setTyped] = useState(initial);
  const rested = useRested(typed.trim());
  const { data } = useQuery({ ...searchQuery(rested, point), enabled: rested !== "" });
  const groups = data === undefined || rested === "" ? [] : groupsOf(data);

  function go(path: string) {
    setTyped("");
    navigate(withPoint(path, point));
  }

  function onKeyDown(event: KeyboardEvent<HTMLInputElement>) {
    const isChosen = event.currentTarget.hasAttribute("aria-activedescendant");
    if (event.key !== "Enter" || isChosen || typed.trim() === "") return;
    go(`/customers?${new URLSearchParams({ by: "name", for: typed.trim() })}`);
  }

  return (
    <ComboBox
      className="search"
      items={groups.map((group) => ({ ...group, id: group.title }))}
      inputValue={typed}
      onInputChange={setTyped}
      selectedKey={null}
      onSelectionChange={(key: Key | null) => key !== null && go(String(key).slice(String(key).indexOf("/")))}
      menuTrigger="input"
      allowsCustomValue
      allowsEmptyCollection={rested !== "" && data !== undefined}
    >
      <Label className="unseen">{texts.search}</Label>
      <Input
        id={SEARCH_FIELD}
        // It takes the place of the field that has the focus.
        autoFocus
        className="input"
        placeholder={texts.search}
        aria-keyshortcuts="/"
        onKeyDown={onKeyDown}
      />
      <Popover className="menu">
        <ListBox renderEmptyState={() => <p className="hint">{texts.nothingFound}</p>}>
          {(group: (typeof groups)[number]) => (
            <ListBoxSection id={group.title}>
              <Header className="label">{group.title}</Header>
              <Collection items={group.results}>
                {(result) => (
                  <ListBoxItem id={`${group.title} ${result.path}`} textValue={result.text}>
                    <Text slot="label">{result.text}</Text>
                    {result.note && (
                      <Text slot="description" className="hint">
                        {" "}
                        {result.note}
                      </Text>
                    )}
                  </ListBoxItem>
                )}
              </Collection>
            </ListBoxSection>
          )}
        </ListBox>
      </Popover>
    </ComboBox>
  );
}

/** Returns a text once it has not changed for a while. */
function useRested(text: string): string {
  const [rested, setRested] = useState(text);
  useEffect(() => {
    const timer = window.setTimeout(() => setRested(text), REST_MS);
    return () => window.clearTimeout(timer);
  }, [text]);
  return rested;
}
