import type { Logger } from '@ringback/contracts';
import type { AlertLook } from '@ringback/operations';

export type LookResult = 'succeeded' | 'incomplete' | 'failed';

type Options = {
  readonly logger: Pick<Logger, 'warn' | 'info'>;
  readonly count: (result: LookResult) => void;
  /** Monotonic, ms. */
  readonly now: () => number;
};

/** Lasts until a look misses nothing. `told`: the reasons that were logged. */
type Trouble = { readonly since: number; looks: number; readonly told: Set<string> };

/** Counts looks for problems. Of each trouble a reason is logged once. */
export function createLookReport({ logger, count, now }: Options) {
  let trouble: Trouble | undefined;

  /** True: one of the reasons is new. */
  function isNew(result: 'incomplete' | 'failed', reasons: readonly string[]): boolean {
    count(result);
    trouble ??= { since: now(), looks: 0, told: new Set() };
    trouble.looks += 1;
    const before = trouble.told.size;
    for (const reason of reasons) trouble.told.add(`${result} ${reason}`);
    return trouble.told.size > before;
  }

  function failed(err: unknown): void {
    if (!isNew('failed', [String(err)])) return;
    logger.warn({ code: 'RB_ALERT_NOT_SENT', err }, 'could not look for problems: alerts are not told');
  }

  function ended(look: AlertLook): void {
    if (look.looked && look.missing.length > 0) {
      if (!isNew('incomplete', look.missing)) return;
      const line = { code: 'RB_ALERT_NOT_SENT', missing: look.missing };
      logger.warn(line, 'could not look everywhere for problems: some alerts are not told');
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
