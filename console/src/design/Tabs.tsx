import { type KeyboardEvent, type ReactNode, useId, useState } from "react";

export interface Tab {
  readonly title: string;
  readonly content: ReactNode;
}

interface Props {
  label: string;
  tabs: readonly Tab[];
}

/** Returns the place that a key goes to among so many; null where it is none of theirs. */
function placeAfter(key: string, place: number, count: number): number | null {
  switch (key) {
    case "ArrowRight":
      return (place + 1) % count;
    case "ArrowLeft":
      return (place + count - 1) % count;
    case "Home":
      return 0;
    case "End":
      return count - 1;
    default:
      return null;
  }
}

/** Parts of which one is shown. Arrow keys go from tab to tab; each shows its part at once. */
export function Tabs({ label, tabs }: Props) {
  const id = useId();
  const [title, setTitle] = useState(tabs[0]?.title);
  const chosen = Math.max(
    0,
    tabs.findIndex((tab) => tab.title === title),
  );

  function onKeyDown(event: KeyboardEvent<HTMLElement>) {
    const place = placeAfter(event.key, chosen, tabs.length);
    if (place === null) return;
    event.preventDefault();
    setTitle(tabs[place]?.title);
    event.currentTarget.querySelectorAll<HTMLElement>("[role=tab]")[place]?.focus();
  }

  return (
    <div className="tabs">
      <div role="tablist" aria-label={label} className="tab-list" onKeyDown={onKeyDown}>
        {tabs.map((tab, place) => (
          <button
            key={tab.title}
            type="button"
            role="tab"
            id={`${id}-tab-${place}`}
            className="tab"
            aria-selected={place === chosen}
            aria-controls={place === chosen ? `${id}-panel` : undefined}
            tabIndex={place === chosen ? 0 : -1}
            onClick={() => setTitle(tab.title)}
          >
            {tab.title}
          </button>
        ))}
      </div>
      <div key={chosen} role="tabpanel" id={`${id}-panel`} aria-labelledby={`${id}-tab-${chosen}`}>
        {tabs[chosen]?.content}
      </div>
    </div>
  );
}
