import { type Callback, callbackKey, type ErrorCode, RingbackError } from '@ringback/contracts';
import type { Ledger } from '@ringback/ledger';
import { HandBack, standingOfBatch } from '@ringback/queue';
import type { TellEnded } from '../tell-ended.ts';
import type { FanOut } from './fan-out.ts';

/** Where an output has its lane. */
type Place = {
  readonly ledger: Pick<Ledger, 'outcomes'>;
  readonly access: Parameters<typeof standingOfBatch>[0];
};

type Deps = {
  /** Absent: nobody wants to know. */
  readonly tellEnded?: TellEnded | undefined;
  readonly placeOf: (output: string) => Place;
};

/**
 * If the last run of a batch fails, it tells which deliveries died: those that no run has made. Nothing waits
 * for that. If Redis fails meanwhile, the batch is still among the dead letters.
 */
export function tellingDied(fanOut: FanOut, { tellEnded, placeOf }: Deps): FanOut {
  if (tellEnded === undefined) return fanOut;

  async function tell(batch: string, { output, callbacks, ...why }: Died): Promise<void> {
    const lost = await neverMade(placeOf(output), { batch, output, callbacks }).catch(() => []);
    if (lost.length > 0) await tellEnded?.({ output, batch, state: 'dead', ...why, fault: 'ours', callbacks: lost });
  }

  return async ({ last, ...run }, perOutput) => {
    try {
      await fanOut(run, perOutput);
    } catch (cause) {
      if (last === true && !(cause instanceof HandBack))
        for (const [output, callbacks] of perOutput) void tell(run.id, { output, callbacks, ...reasonOf(cause) });
      throw cause;
    }
  };
}

type Why = { readonly code: ErrorCode; readonly reason: string };
type Died = Why & { readonly output: string; readonly callbacks: readonly Callback[] };

/** What has an outcome has ended, is parked, or has a job of its own. */
async function neverMade({ ledger, access }: Place, { batch, output, callbacks }: Omit<Died, keyof Why> & { batch: string }) {
  const keys = callbacks.map(callbackKey);
  // MUST come before the outcomes: what ends in between has one then.
  const standing = await standingOfBatch(access, { batch, output, keys });
  const outcomes = await ledger.outcomes({ batch, output }, keys);
  return callbacks.filter((callback, index) => outcomes[index] === undefined && !standing.has(callbackKey(callback)));
}

function reasonOf(cause: unknown): Why {
  const code = cause instanceof RingbackError ? cause.code : 'RB_INTERNAL';
  return { code, reason: `${code}: ${cause instanceof Error ? cause.message : String(cause)}` };
}
