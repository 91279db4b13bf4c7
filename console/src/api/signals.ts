/** The state of the line to the server, as every request finds it: is it reached, and is the session still good? */

import { useSyncExternalStore } from "react";

/** A value that pages are told about when it changes. */
export class Signal<Value> {
  private value: Value;
  private readonly listeners = new Set<() => void>();

  constructor(value: Value) {
    this.value = value;
  }

  readonly get = (): Value => this.value;

  readonly set = (value: Value): void => {
    if (value === this.value) return;
    this.value = value;
    for (const listener of this.listeners) listener();
  };

  readonly subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };
}

/** When the server was first not reached, in milliseconds since 1970; null while it is reached. */
export const downSince = new Signal<number | null>(null);

/** Whether the API has refused the session of a person who was signed in. */
export const sessionOver = new Signal<boolean>(false);

/** Returns the value of a signal, and renders again when it changes. */
export function useSignal<Value>(signal: Signal<Value>): Value {
  return useSyncExternalStore(signal.subscribe, signal.get);
}
