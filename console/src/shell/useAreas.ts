import { useRights } from "../api/session.ts";
import { AREAS, type Area } from "./areas.ts";

/** Returns the areas that the roles of the person signed in allow. */
export function useAreas(): readonly Area[] {
  const may = useRights();
  return AREAS.filter((area) => may(area.needs));
}
