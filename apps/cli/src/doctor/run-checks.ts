import { RingbackError } from '@ringback/contracts';
import type { Finding } from '@ringback/operations';
import { refusalOf } from '@ringback/redis';
import type { Check, DoctorContext, NamedFinding } from './check.ts';

/** Runs all checks at once. Never rejects: a check that fails or is late becomes a finding. */
export async function runChecks(checks: readonly Check[], context: DoctorContext): Promise<NamedFinding[]> {
  try {
    // Takes time of no check. Each of them tells why it fails.
    context.settings();
  } catch {}
  const found = await Promise.all(checks.map((check) => runOne(check, context)));
  return found.flat();
}

async function runOne({ name, unchecked, run }: Check, context: DoctorContext): Promise<NamedFinding[]> {
  const { timeout } = context;
  const found = await endingWithin(timeout, async () => run(context)).catch((error: unknown) => [
    notChecked(name, error, unchecked),
  ]);
  return found.map((one) => ({ check: name, ...one }));
}

/** Not checked is not fine. */
export function notChecked(subject: string, error: unknown, severity: 'warning' | 'error' = 'warning'): Finding {
  return { severity, subject, text: `could not be checked: ${inWords(error)}` };
}

/** Of the time of a check, for one of several things that it asks: then it can tell what the others answered. */
export const SHARE_OF_TIMEOUT = 0.8;

/** Rejects after `ms`. What goes on then is ignored. */
export async function endingWithin<T>(ms: number, work: () => Promise<T>): Promise<T> {
  const { promise: late, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new Late(ms)), ms);
  return Promise.race([work(), late]).finally(() => clearTimeout(timer));
}

class Late extends Error {
  constructor(ms: number) {
    super(`no answer within ${ms / 1000} s`);
  }
}

/** Messages of other errors may hold secrets: of those only the code is shown. */
export function inWords(thrown: unknown): string {
  const error = refusalOf(thrown) ?? thrown;
  if (error instanceof RingbackError) return `${error.code}: ${error.message}`;
  if (error instanceof Late) return error.message;
  const code = error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
  return code ?? `RB_INTERNAL: ${error instanceof Error ? error.name : typeof error}`;
}
