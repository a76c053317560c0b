import type { Logger } from '@ringback/contracts';
import type { AlertLook } from '@ringback/operations';

export type LookResult = 'succeeded' | 'incomplete' | 'failed';

type Options = {
  readonly logger: Pick<Logger, 'warn' | 'info'>;
  readonly count: (result: LookResult) => void;
  /** Monotonic, ms. */
  readonly now: () => number;
};

type Trouble = { readonly kind: LookResult; readonly since: number; readonly looks: number };

/** Counts looks for problems. Logs once that they fail or miss something, and once that they work again. */
export function createLookReport({ logger, count, now }: Options) {
  let trouble: Trouble | undefined;

  /** True: it is the first of its kind. */
  function isNew(kind: 'incomplete' | 'failed'): boolean {
    const before = trouble;
    trouble = { kind, since: before?.since ?? now(), looks: (before?.looks ?? 0) + 1 };
    count(kind);
    return before?.kind !== kind;
  }

  function failed(err: unknown): void {
    if (isNew('failed')) logger.warn({ code: 'RB_ALERT_NOT_SENT', err }, 'could not look for problems: alerts are not told');
  }

  function ended(look: AlertLook): void {
    if (look.looked && look.missing.length > 0) {
      const line = { code: 'RB_ALERT_NOT_SENT', missing: look.missing };
      if (isNew('incomplete')) logger.warn(line, 'could not look everywhere for problems: some alerts are not told');
      return;
    }
    // Without the lead another worker looks and counts.
    if (look.looked) count('succeeded');
    if (trouble === undefined) return;
    const seconds = Math.round((now() - trouble.since) / 1000);
    logger.info({ looks: trouble.looks, seconds }, 'looks for problems work again');
    trouble = undefined;
  }

  /** Waits for a look. A look that fails is told, and not thrown. */
  return { of: (look: Promise<AlertLook>): Promise<void> => look.then(ended, failed) };
}
