/** Sort By of the widget: a way of reading, never another order of the fields (rule 3.8). */

/** Returns the fields ascending by label, whatever the case; those of the same label stay in their order. */
export function byLabel<Field extends { label: string }>(fields: readonly Field[]): Field[] {
  const key = (field: Field) => field.label.toLowerCase();
  return fields.toSorted((a, b) => (key(a) < key(b) ? -1 : key(a) > key(b) ? 1 : 0));
}
