import { useLocation } from "wouter";
import { To } from "../design/To.tsx";
import "./history.css";

interface Props {
  label: string;
  /** Address and text of each page. */
  links: readonly (readonly [string, string])[];
}

/** Links to the pages about one thing. */
export function PageTabs({ label, links }: Props) {
  const [current] = useLocation();
  return (
    <nav aria-label={label} className="tab-list">
      {links.map(([href, text]) => (
        <To key={href} className="tab" href={href} aria-current={href === current ? "page" : undefined}>
          {text}
        </To>
      ))}
    </nav>
  );
}
