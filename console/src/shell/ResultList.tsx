import type { Result, ResultGroup } from "./results.ts";
import { texts } from "./texts.ts";

interface Props {
  id: string;
  groups: ResultGroup[];
  /** Which result the arrow keys have come to, counted over all groups; -1 before. */
  chosen: number;
  onGo: (path: string) => void;
}

/** Returns the id of a result, counted over all groups. */
export function optionId(index: number): string {
  return `search-result-${index}`;
}

/** What the search field has found. The focus stays in the field. */
export function ResultList({ id, groups, chosen, onGo }: Props) {
  if (groups.length === 0) return <p className="results hint">{texts.nothingFound}</p>;
  const starts = groups.map((_, index) => groups.slice(0, index).reduce((sum, group) => sum + group.results.length, 0));
  return (
    <div id={id} className="results" role="listbox" aria-label={texts.search} tabIndex={-1}>
      {groups.map((group, index) => (
        // biome-ignore lint/a11y/useSemanticElements: a group of options is no fieldset
        <div key={group.title} role="group" aria-label={group.title}>
          <div className="label" aria-hidden="true">
            {group.title}
          </div>
          {group.results.map((result, place) => {
            const number = (starts[index] ?? 0) + place;
            return (
              <Option key={result.path + result.text} {...{ result, number, onGo }} isChosen={number === chosen} />
            );
          })}
        </div>
      ))}
    </div>
  );
}

interface OptionProps {
  result: Result;
  number: number;
  isChosen: boolean;
  onGo: (path: string) => void;
}

function Option({ result, number, isChosen, onGo }: OptionProps) {
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: the field has the focus and takes the keys
    <div
      id={optionId(number)}
      role="option"
      aria-selected={isChosen}
      tabIndex={-1}
      // The field would lose the focus before the click, and the list with it.
      onMouseDown={(event) => event.preventDefault()}
      onClick={() => onGo(result.path)}
    >
      {result.text} {result.note && <span className="hint">{result.note}</span>}
    </div>
  );
}
