/** How a contact file is to be read, as a person decides it step by step. */

import type { Schema } from "../api/types.ts";

export type PreviewColumn = Schema<"PreviewColumn">;
export type Encoding = Schema<"Encoding">;

/** A chosen file; the id tells it from another one of the same name. */
export interface ContactFile {
  id: string;
  name: string;
  content: Blob;
}

/** What a person says of the file; null leaves it as found. */
export interface Overrides {
  delimiter: string | null;
  header: boolean | null;
  encoding: Encoding | null;
}

export const AS_FOUND: Overrides = { delimiter: null, header: null, encoding: null };

/** Where columns go by a person's decision, by the column's name; an empty text: it is not taken. */
export type Decisions = Readonly<Record<string, string>>;

const MATCHED_BY = ["customer_number", "alternate_number"];

/** Returns where a column goes: by decision, else as suggested; an empty text where it goes nowhere. */
export function targetOf(column: PreviewColumn, decisions: Decisions): string {
  return decisions[column.column] ?? column.goes_to ?? "";
}

/** Returns the columns that are taken, each with its target. */
export function taken(columns: readonly PreviewColumn[], decisions: Decisions): Record<string, string> {
  const pairs = columns.map((column) => [column.column, targetOf(column, decisions)] as const);
  return Object.fromEntries(pairs.filter(([, target]) => target !== ""));
}

/** Returns the targets that more than one column goes to. */
export function doubles(columns: Readonly<Record<string, string>>): string[] {
  const targets = Object.values(columns);
  return targets.filter((target, index) => targets.indexOf(target) !== index);
}

/** Returns whether rows can be matched to customers by one of the columns. */
export function isMatchable(columns: Readonly<Record<string, string>>): boolean {
  return Object.values(columns).some((target) => MATCHED_BY.includes(target));
}

/** Returns whether the file is text in another encoding, so that it can be read once it is converted. */
export function isConvertible({ read_as, columns }: Pick<Schema<"UploadPreview">, "read_as" | "columns">): boolean {
  return read_as.encoding !== "utf-8" && columns.length > 0;
}

/** Returns the columns as a header carries them: JSON in ASCII. */
export function columnsHeader(columns: Readonly<Record<string, string>>): string {
  return JSON.stringify(columns).replaceAll(
    /[\u007f-\uffff]/g,
    (sign) => `\\u${sign.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

/** Returns the delimiter as a query parameter carries it. */
export function delimiterParameter(delimiter: string | null): string | undefined {
  return delimiter === "\t" ? "tab" : (delimiter ?? undefined);
}

/** Returns the file in UTF-8. */
export async function inUtf8(file: ContactFile, encoding: Encoding): Promise<ContactFile> {
  const text = new TextDecoder(encoding).decode(await file.content.arrayBuffer());
  return { ...file, id: crypto.randomUUID(), content: new Blob([text]) };
}

const MOST_DIGESTED = 64 * 1024 * 1024;

/** Returns the SHA-256 of a file as the API tells it; null where it is too large for that, or the page did not come securely. */
export async function digestOf(content: Blob): Promise<string | null> {
  if (content.size > MOST_DIGESTED || crypto.subtle === undefined) return null;
  const digest = await crypto.subtle.digest("SHA-256", await content.arrayBuffer());
  return [...new Uint8Array(digest)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}
