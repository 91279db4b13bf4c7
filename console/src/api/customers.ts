import { clocks, type Point } from "../time/point.ts";
import { body, client } from "./client.ts";
import { read, STAYS } from "./reading.ts";

/** Returns the query of a customer at a point. */
export function customerQuery(number: string, point: Point) {
  const query = read("read_customer", [number], point, (signal) =>
    body(client.GET("/v1/customers/{number}", { params: { path: { number }, query: clocks(point) }, signal })),
  );
  return { ...query, ...STAYS };
}
