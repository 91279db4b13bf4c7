/** Says something to screen readers without moving the focus. */

let region: HTMLElement | undefined;

/** Announces a text, also while a dialog hides the rest of the page. */
export function announce(text: string): void {
  region ??= makeRegion();
  const line = document.createElement("p");
  line.textContent = text;
  region.replaceChildren(line);
}

function makeRegion(): HTMLElement {
  const made = document.createElement("div");
  made.className = "unseen";
  made.setAttribute("role", "status");
  // Dialogs hide everything else from screen readers, except what carries this mark.
  made.dataset.liveAnnouncer = "true";
  document.body.append(made);
  return made;
}
