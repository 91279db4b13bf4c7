/** Returns whether a dialog is open or a row is being edited, so that nothing may come over it or take its place. */
export function isBusy(): boolean {
  return document.querySelector("[role=dialog], [data-editing]") !== null;
}
