/** Texts of the upload pages. */

import type { Schema } from "../api/types.ts";
import { dayText } from "../time/words.ts";

export const texts = {
  uploads: "Uploads",
  newUpload: "Upload a contact file",
  none: "No file was uploaded yet.",
  stepsLabel: "Steps of the upload",
  steps: ["File", "Columns", "Check", "Upload", "Outcome"],
  refused: "Your role does not upload files.",
  back: "Back",
  next: "Next",
  file: "Contact file",
  fileHint: "Choose a file, or drop one here: delimited text (comma, semicolon, bar, tilde or tab) or JSON lines.",
  fileFirst: "Choose a file first.",
  fileEmpty: "The file is empty.",
  mapping: "Saved mapping",
  mappingHint: "Says where the columns go; you can change it in the next step.",
  noMapping: "(none)",
  readAs: "How the file is read",
  delimiter: "Delimiter",
  header: "First row",
  headerYes: "names the columns",
  headerNo: "is data",
  encoding: "Encoding",
  convert: "Convert to UTF-8",
  convertFirst: "Convert the file to UTF-8 first.",
  anotherFile: "Go back and choose another file.",
  columns: "Columns of the file",
  column: "Column",
  examples: "Examples",
  goesTo: "Goes to",
  numbers: "Who it is about",
  fields: "Fields",
  notTaken: "Not taken",
  takenTwice: "Another column goes there already.",
  twiceFirst: "Two columns go to the same place.",
  matchFirst: "Choose the column that has the customer number or the alternate number: it tells whose row it is.",
  waitForPreview: "The columns are being looked at.",
  mistakesFirst: "The columns need another look.",
  saveMapping: "Save this mapping",
  mappingName: "Name of the mapping",
  mappingNameHint: "Letters, digits and hyphens. A mapping of that name gets a new version.",
  save: "Save the mapping",
  from: "Effective from",
  to: "Effective to",
  toHint: "Empty means open",
  effective: "Effective",
  checkTitle: "What would happen",
  start: "Upload",
  sending: "Sending the file",
  stop: "Stop sending",
  reasons: "Why rows would be refused",
  reason: "Reason",
  rows: "Rows",
  state: "State",
  received: "Received",
  by: "By",
  outcome: "Outcome",
  progress: "Progress",
  facts: "Facts",
  duration: "Duration",
  cancel: "Cancel the upload",
  cancelTitle: "Cancel this upload?",
  cancelText: "The rows that were taken stay; no other row is taken.",
  keepOn: "Go on with it",
  failed: "It continues by itself.",
  refusedRows: "Refused rows",
  noRefusedRows: "No row was refused.",
  filter: "Reason",
  all: "All reasons",
  field: "Field",
  value: "Value",
  customer: "Customer",
  download: "Download the refused rows",
  downloadList: "Download the list of mistakes",
  uploadCorrected: "Upload a corrected file",
  downloadHint:
    "The file has the refused rows only, under the header of your file, and a last column that says what is wrong with each. Correct the rows in it and upload it again: the last column is left out by itself. If you send your whole file instead, rows with a customer number that were taken change nothing, and rows without a number make new customers again.",
  reasonsOfDossier: "Dossier's reasons: left out",
  noValue: "no value",
  place: "Line",
  byWhom: "by",
  wholeRow: "whole row",
} as const;

/** What a column may be besides a field. */
export const NUMBERS: Readonly<Record<string, string>> = {
  customer_number: "Customer number",
  alternate_number: "Alternate number",
  name: "Name of a new customer",
};

/** How the API and a person name each delimiter. */
export const DELIMITERS: Readonly<Record<string, string>> = {
  ",": "comma",
  ";": "semicolon",
  "|": "bar",
  "~": "tilde",
  "\t": "tab",
};

export const ENCODINGS = ["utf-8", "utf-16le", "utf-16be", "windows-1252"] as const;

export const SUGGESTED_BY: Readonly<Record<Schema<"SuggestedBy">, string>> = {
  request: "",
  mapping: "from the mapping",
  name: "suggested by name",
  values: "suggested by the values",
};

export function count(number: number): string {
  return new Intl.NumberFormat().format(number);
}

/** Returns a number with its noun: `1 row`, `2 rows`. */
export function of(number: number, noun: string): string {
  return `${count(number)} ${noun}${number === 1 ? "" : "s"}`;
}

const UNITS = ["bytes", "KB", "MB", "GB"] as const;

export function sizeText(bytes: number): string {
  const power = Math.min(UNITS.length - 1, Math.floor(Math.log(Math.max(bytes, 1)) / Math.log(1024)));
  const digits = new Intl.NumberFormat(undefined, { maximumFractionDigits: power === 0 ? 0 : 1 });
  return `${digits.format(bytes / 1024 ** power)} ${UNITS[power]}`;
}

export function asFound(found: string): string {
  return `as found: ${found}`;
}

export function notTaken(left: number, all: number): string {
  return `${left} of ${of(all, "column")} ${left === 1 ? "is" : "are"} not taken.`;
}

export function refusedValues(refused: number, filled: number): string {
  return `${count(refused)} of ${of(filled, "value")} would be refused:`;
}

export function checkText(check: Schema<"UploadCheck">): string {
  const taken = check.new + check.changed + check.unchanged;
  const first = check.all_rows
    ? `All ${of(check.rows, "row")} were checked`
    : `The first ${of(check.rows, "row")} were checked`;
  const parts = `${count(check.new)} new, ${count(check.changed)} changed, ${count(check.unchanged)} unchanged`;
  return `${first}: ${count(taken)} can be taken (${parts}); ${count(check.refused)} would be refused.`;
}

/** Returns where a row is: the line of the file on which it begins, or its number among the rows where the line was not kept. */
export function placeOf({ row, line }: { row: number; line?: number | null }): string {
  return typeof line === "number" ? `Line ${count(line)}` : `Row ${count(row)}`;
}

export function withoutNumber(check: Schema<"UploadCheck">): string {
  const { without_number: rows, without_number_rows: first } = check;
  const lines = first.map(({ line }) => count(line)).join(", ");
  const places = `${first.length === 1 ? "line" : "lines"} ${lines}${rows > first.length ? ", …" : ""}`;
  return rows === 1
    ? `1 row has no customer number (${places}). It would become a new customer with a number made up by Dossier, and another one each time it is sent in a different file.`
    : `${count(rows)} rows have no customer number (${places}). Each would become a new customer with a number made up by Dossier, and another one each time it is sent in a different file.`;
}

export function takenWithoutNumber({ without_number: rows }: Schema<"UploadRead">): string {
  return rows === 1
    ? "1 new customer came without a customer number: Dossier made up a number. The row makes another customer if it is sent again in a different file."
    : `${count(rows)} new customers came without a customer number: Dossier made up their numbers. Their rows make further customers if they are sent again in a different file.`;
}

/** Says that rows have a number that an earlier row has, before they are taken. */
export function repeatedRows(check: Schema<"UploadCheck">): string {
  const { repeated: rows, repeated_rows: first } = check;
  const lines = first.map(({ line }) => count(line)).join(", ");
  const places = `${first.length === 1 ? "line" : "lines"} ${lines}${rows > first.length ? ", …" : ""}`;
  return rows === 1
    ? `1 row has a number that an earlier row has, too (${places}). It would be applied after that one, so what it says counts.`
    : `${count(rows)} rows have numbers that earlier rows have, too (${places}). They would be applied after those, so what they say counts.`;
}

/** Says that rows had a number that an earlier row had. */
export function takenRepeated({ repeated: rows }: Schema<"UploadRead">): string {
  return rows === 1
    ? "1 row had a number that an earlier row had, too. It was applied after that one, so what it says counts."
    : `${count(rows)} rows had numbers that earlier rows had, too. They were applied after those, so what they say counts.`;
}

export function takenBefore(receivedOn: string): string {
  return `This file was taken on ${dayText(receivedOn)}.`;
}

export function moreReasons(left: number): string {
  return `${of(left, "more reason")}.`;
}

export function countsText(upload: Schema<"UploadRead">): string {
  const { changed, unchanged, failed } = upload;
  return `${count(upload.new)} new, ${count(changed)} changed, ${count(unchanged)} unchanged, ${count(failed)} refused`;
}

export function likeText(file: string): string {
  return `Columns, delimiter and days are those of the upload of ${file}.`;
}

export function savedAs(name: string): string {
  return `Saved as ${name}.`;
}

export function firstOf(loaded: number): string {
  return `Among the ${count(loaded)} that are loaded.`;
}
