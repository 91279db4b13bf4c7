import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { Reading } from "./Panel.tsx";

interface Props<Module> {
  /** Tells it from the other parts. */
  name: string;
  load: () => Promise<Module>;
  children: (module: Module) => ReactNode;
}

/** A part of a page whose code is fetched when it is first shown. */
export function Part<Module>({ name, load, children }: Props<Module>) {
  const module = useQuery({ queryKey: ["part", name], queryFn: load, staleTime: Number.POSITIVE_INFINITY });
  return <Reading query={module}>{children}</Reading>;
}
