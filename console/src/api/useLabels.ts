/** Categories and business fields, named as the customer's page names them. */

import { useQuery } from "@tanstack/react-query";
import { clocks, type Point } from "../time/point.ts";
import { usePoint } from "../time/usePoint.ts";
import { body, client } from "./client.ts";
import { read } from "./reading.ts";

const ALL = 500;

/** Returns the labels by `category:1` or `field:city`, as far as they are known. */
export function useLabels(): ReadonlyMap<string, string> {
  const point = usePoint();
  const categories = useQuery(categoriesQuery(point)).data?.items ?? [];
  const fields = useQuery(fieldsQuery(point)).data?.items ?? [];
  return new Map([
    ...categories.map((category) => [`category:${category.code}`, category.description] as const),
    ...fields.map((field) => [`field:${field.key}`, field.label] as const),
  ]);
}

function categoriesQuery(point: Point) {
  return read("list_categories", [], point, (signal) =>
    body(client.GET("/v1/categories", { params: { query: { ...clocks(point), limit: ALL } }, signal })),
  );
}

function fieldsQuery(point: Point) {
  return read("list_fields", [], point, (signal) =>
    body(client.GET("/v1/fields", { params: { query: { ...clocks(point), limit: ALL } }, signal })),
  );
}
