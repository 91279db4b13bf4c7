import { useQuery, useQueryClient } from "@tanstack/react-query";
import { type KeyboardEvent, useEffect, useState } from "react";
import { useLocation } from "wouter";
import { body, client } from "../api/client.ts";
import { read } from "../api/reading.ts";
import { useMe } from "../api/session.ts";
import { announce } from "../design/announce.ts";
import { leave } from "../design/leaving.ts";
import { SEARCH_FIELD } from "../design/search.ts";
import { useRested } from "../design/useRested.ts";
import { clocks, type Point, withPoint } from "../time/point.ts";
import { usePoint } from "../time/usePoint.ts";
import { optionId, ResultList } from "./ResultList.tsx";
import { groupsOf, listOf, meant } from "./results.ts";
import { resultCount, texts } from "./texts.ts";

const LIST = "search-results";
const REST_MS = 200;

function searchQuery(q: string, point: Point) {
  return read("search_everything", [q], point, (signal) =>
    body(client.GET("/v1/search", { params: { query: { q, ...clocks(point) } }, signal })),
  );
}

/** The search field of the top bar: one text for whatever it may be the number, the name or the id of. */
export function Search() {
  const [, navigate] = useLocation();
  const { time_zone } = useMe();
  const point = usePoint();
  const queries = useQueryClient();
  const [typed, setTyped] = useState("");
  const [isOpen, setOpen] = useState(false);
  const [chosen, setChosen] = useState(-1);
  const rested = useRested(typed.trim(), REST_MS);
  const { data } = useQuery({ ...searchQuery(rested, point), enabled: rested !== "" });
  const groups = data === undefined || rested === "" ? null : groupsOf(data, rested, time_zone);
  const results = (groups ?? []).flatMap((group) => group.results);
  const isShown = isOpen && groups !== null;

  const count = isShown ? results.length : null;
  useEffect(() => {
    if (count !== null) announce(resultCount(count));
  }, [count]);

  function go(path: string) {
    setTyped("");
    setOpen(false);
    leave(() => navigate(withPoint(path, point)));
  }

  async function enter(field: HTMLInputElement) {
    const result = results[chosen];
    const wanted = typed.trim();
    if (isShown && result) return go(result.path);
    if (wanted === "") return;
    const found = await queries.fetchQuery(searchQuery(wanted, point)).catch(() => null);
    if (field.value.trim() !== wanted) return;
    // That page tries again, and says why it cannot.
    if (found === null) return go(listOf(wanted));
    const all = groupsOf(found, wanted, time_zone).flatMap((group) => group.results);
    const aim = meant(all, wanted) ?? all.find(({ isList }) => isList);
    if (aim) go(aim.path);
    else setOpen(true);
  }

  function onKeyDown(event: KeyboardEvent<HTMLInputElement>) {
    if (event.key === "ArrowDown") setChosen(Math.min(chosen + 1, results.length - 1));
    else if (event.key === "ArrowUp") setChosen(Math.max(chosen - 1, -1));
    else if (event.key === "Enter") void enter(event.currentTarget);
    else if (event.key === "Escape") setOpen(false);
    else return;
    event.preventDefault();
  }

  return (
    <search>
      <input
        id={SEARCH_FIELD}
        className="input"
        role="combobox"
        autoComplete="off"
        aria-label={texts.search}
        aria-keyshortcuts="/"
        aria-autocomplete="list"
        aria-expanded={isShown}
        aria-controls={isShown ? LIST : undefined}
        aria-activedescendant={isShown && chosen >= 0 ? optionId(chosen) : undefined}
        placeholder={texts.search}
        value={typed}
        onKeyDown={onKeyDown}
        onBlur={() => setOpen(false)}
        onChange={(event) => {
          setTyped(event.target.value);
          setOpen(true);
          setChosen(-1);
        }}
      />
      {isShown && <ResultList id={LIST} groups={groups} chosen={chosen} onGo={go} />}
    </search>
  );
}
