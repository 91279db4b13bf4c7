/** The highest log position that a write in this browser was answered with. Reads wait for it, so that people see their own writes. */

const channel = new BroadcastChannel("dossier-position");
let highest = 0;

channel.onmessage = (message: MessageEvent<number>) => {
  highest = Math.max(highest, message.data);
};

/** Returns the position for reads to wait for, or null before the first write. */
export function position(): number | null {
  return highest === 0 ? null : highest;
}

/** Notes the position of a write, here and in the other tabs. */
export function notePosition(reached: number): void {
  if (reached <= highest) return;
  highest = reached;
  channel.postMessage(reached);
}

/** Forgets it: the server has another log than before. */
export function forgetPosition(): void {
  highest = 0;
}
