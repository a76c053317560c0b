import { HandBack } from '@ringback/queue';

/** Waits for all. Throws the first failure: a bug or a broken Redis before a hand-back. */
export async function allSettled(work: readonly Promise<unknown>[]): Promise<void> {
  const failures: unknown[] = [];
  for (const result of await Promise.allSettled(work)) if (result.status === 'rejected') failures.push(result.reason);
  if (failures.length > 0) throw failures.find((failure) => !(failure instanceof HandBack)) ?? failures[0];
}
