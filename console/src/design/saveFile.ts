/** Saves what was fetched as a file. A plain link would not do: it carries no header by which the API knows its own pages. */
export function saveFile(content: Blob, name: string): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(content);
  link.download = name;
  link.click();
  URL.revokeObjectURL(link.href);
}
