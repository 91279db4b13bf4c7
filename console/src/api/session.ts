/** Who is signed in, and signing in and out. */

import { useQuery, useQueryClient } from "@tanstack/react-query";
import { body, client } from "./client.ts";
import { RIGHTS } from "./rights.ts";
import { sessionOver } from "./signals.ts";
import type { Operation, Role, Schema } from "./types.ts";

export type Me = Schema<"Me">;

/** Returns the query of the person signed in. */
export function meQuery() {
  return {
    queryKey: ["read_me"],
    queryFn: () => body(client.GET("/v1/me")),
    staleTime: 60_000,
  };
}

/** Returns the person signed in. Only for what is shown to people who are. */
export function useMe(): Me {
  const { data } = useQuery(meQuery());
  if (data === undefined) throw new Error("Nobody is signed in.");
  return data;
}

/** Returns a function that tells whether the roles of the person signed in allow an operation. */
export function useRights(): (operation: Operation) => boolean {
  const { roles } = useMe();
  return (operation) => allows(roles, operation);
}

/** Returns whether one of the roles allows an operation. */
export function allows(roles: readonly string[], operation: Operation): boolean {
  const allowed: readonly Role[] = RIGHTS[operation];
  return allowed.some((role) => roles.includes(role));
}

/** Returns the functions that sign in with a token and sign out. Signing in throws `ProblemError` where the token is refused. */
export function useSession() {
  const queries = useQueryClient();
  return {
    async signIn(token: string) {
      const me = await body(client.POST("/console/session", { body: { token } }));
      queries.setQueryData(meQuery().queryKey, me);
      sessionOver.set(false);
      await queries.invalidateQueries({ predicate: (query) => query.state.status === "error" });
    },
    async signOut() {
      await client.DELETE("/console/session");
      window.location.assign("/sign-in");
    },
  };
}
