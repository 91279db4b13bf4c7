import { useLocation } from "wouter";
import { To } from "../design/To.tsx";
import { texts } from "./texts.ts";
import { useAreas } from "./useAreas.ts";

/** Links to the areas that the role has. */
export function Navigation() {
  const [path] = useLocation();
  return (
    <nav aria-label={texts.areas}>
      <ul className="plain row">
        {useAreas().map((area) => (
          <li key={area.path}>
            <To href={area.path} aria-current={path.startsWith(area.path) ? "page" : undefined}>
              {area.label}
            </To>
          </li>
        ))}
      </ul>
    </nav>
  );
}
