import { Badge } from "../design/Badge.tsx";
import { texts } from "./texts.ts";

export function ActiveBadge({ isActive }: { isActive: boolean }) {
  return <Badge tone={isActive ? "success" : "neutral"}>{isActive ? texts.active : texts.inactive}</Badge>;
}
