import { setImmediate } from 'node:timers/promises';

/** ms. How long work in steps holds the event loop, if no step is longer. */
const TURN_MS = 10;

/** Work that may pause at each `yield`. */
export type Steps<T> = Generator<void, T, void>;

export function atOnce<T>(steps: Steps<T>): T {
  for (;;) {
    const step = steps.next();
    if (step.done === true) return step.value;
  }
}

/** Requests are answered between the steps. Rejects at the next step once `signal` is aborted. */
export async function inSteps<T>(steps: Steps<T>, signal: AbortSignal): Promise<T> {
  let began = performance.now();
  for (;;) {
    signal.throwIfAborted();
    const step = steps.next();
    if (step.done === true) return step.value;
    if (performance.now() - began < TURN_MS) continue;
    await setImmediate();
    began = performance.now();
  }
}
