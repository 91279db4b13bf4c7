import { useLocation } from "wouter";
import { useRights } from "../api/session.ts";
import { To } from "../design/To.tsx";
import { useAreas } from "./useAreas.ts";

/** Links to the sections of the area that is open, as far as the role has them. */
export function Sections() {
  const [path] = useLocation();
  const may = useRights();
  const area = useAreas().find((each) => path.startsWith(each.path));
  if (area?.sections === undefined) return null;
  return (
    <nav className="strip" aria-label={area.label}>
      <ul className="plain row">
        {area.sections
          .filter(({ needs }) => may(needs))
          .map((section) => (
            <li key={section.path}>
              <To href={section.path} aria-current={path.startsWith(section.path) ? "page" : undefined}>
                {section.label}
              </To>
            </li>
          ))}
      </ul>
    </nav>
  );
}
