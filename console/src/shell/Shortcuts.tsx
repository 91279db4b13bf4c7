import { useEffect, useRef, useState } from "react";
import { useLocation } from "wouter";
import { Action } from "../design/Action.tsx";
import { Dialog } from "../design/Dialog.tsx";
import { leave } from "../design/leaving.ts";
import { focusSearch } from "../design/search.ts";
import { withPoint } from "../time/point.ts";
import { usePoint } from "../time/usePoint.ts";
import { texts } from "./texts.ts";
import { useAreas } from "./useAreas.ts";

const KEPT = "dossier-shortcuts";
const OFF = "off";
const FIELDS = "input, select, textarea, [contenteditable], [role=menu], [role=dialog]";
const SEQUENCE_MS = 1_500;

/** The shortcuts of the console, and the list of them. They never fire in a field, and can be switched off. */
export function Shortcuts() {
  const [isOpen, setOpen] = useState(false);
  const [isOn, setOn] = useState(() => window.localStorage.getItem(KEPT) !== OFF);
  const areas = useAreas();
  const point = usePoint();
  const [, navigate] = useLocation();
  const wentAt = useRef(Number.NEGATIVE_INFINITY);

  useEffect(() => {
    function onKey(event: KeyboardEvent) {
      const target = event.target instanceof Element ? event.target : null;
      if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented || target?.closest(FIELDS)) return;
      const after = event.timeStamp - wentAt.current < SEQUENCE_MS;
      const area = after ? areas.find(({ key }) => key === event.key) : undefined;
      if (event.key === "?") setOpen(true);
      if (!isOn) return;
      wentAt.current = event.key === "g" ? event.timeStamp : Number.NEGATIVE_INFINITY;
      if (area) leave(() => navigate(withPoint(area.path, point)));
      if (event.key === "/") {
        event.preventDefault();
        focusSearch();
      }
    }
    document.addEventListener("keydown", onKey);
    return () => document.removeEventListener("keydown", onKey);
  }, [areas, isOn, navigate, point]);

  function toggle() {
    window.localStorage.setItem(KEPT, isOn ? OFF : "on");
    setOn(!isOn);
  }

  return (
    <Dialog title={texts.shortcuts} isOpen={isOpen} onClose={() => setOpen(false)}>
      <dl className="facts">
        <Shortcut keys="/" effect={texts.search} />
        <Shortcut keys="?" effect={texts.shortcuts} />
        <Shortcut keys="Esc" effect="Close what is on top" />
        {areas.map(({ key, label }) => (
          <Shortcut key={key} keys={`g ${key}`} effect={label} />
        ))}
      </dl>
      <div className="row">
        <Action aria-pressed={isOn} onClick={toggle}>
          {texts.shortcutsOn}
        </Action>
        <Action onClick={() => setOpen(false)}>{texts.close}</Action>
      </div>
    </Dialog>
  );
}

function Shortcut({ keys, effect }: { keys: string; effect: string }) {
  return (
    <>
      <dt>
        <kbd>{keys}</kbd>
      </dt>
      <dd>{effect}</dd>
    </>
  );
}
