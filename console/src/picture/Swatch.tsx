import { hueOf } from "./hues.ts";
import "./hues.css";

interface Props {
  profileClass: string;
  /** The names of all classes, in the order of their colours. */
  classes: readonly string[];
}

/** The colour of a class, beside its name. */
export function Swatch({ profileClass, classes }: Props) {
  const { name, isDotted } = hueOf(profileClass, classes);
  return <span className={`swatch hue-${name} ${isDotted ? "dotted" : ""}`} aria-hidden="true" />;
}
