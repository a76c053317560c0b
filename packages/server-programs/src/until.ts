import { setTimeout as delay } from 'node:timers/promises';

const EVERY_MS = 20;

/**
 * Resolves with the first result that is not undefined or false. @param options.withinMs deadline @param
 * options.what named in the error, evaluated then @throws Error after the deadline; whatever `check` throws
 */
export async function until<T>(
  check: () => T | Promise<T>,
  { withinMs, what }: { readonly withinMs: number; readonly what: () => string },
): Promise<Exclude<T, undefined | false>> {
  const deadline = performance.now() + withinMs;
  for (;;) {
    const found = await check();
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- narrowed by this line; Exclude is beyond the compiler for a T that is open
    if (found !== undefined && found !== false) return found as Exclude<T, undefined | false>;
    if (performance.now() > deadline) throw new Error(`not within ${withinMs} ms: ${what()}`);
    await delay(EVERY_MS);
  }
}
