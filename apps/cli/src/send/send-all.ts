export type SendAllOptions<R> = {
  readonly count: number;
  readonly concurrency: number;
  /** Per second, evenly spaced. */
  readonly rate?: number | undefined;
  readonly send: (index: number) => Promise<R>;
  readonly onResult: (result: R) => void;
  /** Monotonic, ms. */
  readonly now: () => number;
  readonly sleep: (ms: number) => Promise<unknown>;
};

/** Results are in order of completion. */
export async function sendAll<R>(options: SendAllOptions<R>): Promise<R[]> {
  const { count, concurrency, rate, send, onResult, now, sleep } = options;
  const started = now();
  const results: R[] = [];
  let next = 0;

  async function lane(): Promise<void> {
    for (let index = next++; index < count; index = next++) {
      const early = rate === undefined ? 0 : started + (index * 1000) / rate - now();
      if (early > 0) await sleep(early);
      const result = await send(index);
      results.push(result);
      onResult(result);
    }
  }

  await Promise.all(Array.from({ length: Math.min(concurrency, count) }, lane));
  return results;
}
