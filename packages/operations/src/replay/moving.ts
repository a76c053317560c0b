import type { CallbackStory, FoundCallback, HistoryStore } from '@ringback/history';
import { refId } from '../search/found.ts';
import { verdictOf, type DeliveryVerdict, type VerdictOptions } from './delivery-verdict.ts';

/** Outputs of one callback. `notAsked`: of which it cannot be said. */
export type Moving = {
  readonly onItsWay: ReadonlySet<string>;
  readonly ended: ReadonlySet<string>;
  readonly notAsked: ReadonlySet<string>;
};

/** By `refId`. It asks only for deliveries that the history shows as waiting or parked. */
export type FindMoving = (rows: readonly FoundCallback[], wanted: readonly string[]) => Promise<ReadonlyMap<string, Moving>>;

type Options = Omit<VerdictOptions, 'store'> & {
  readonly store: Pick<HistoryStore, 'stories'> & VerdictOptions['store'];
};

const AT_ONCE = 50;

/**
 * Where deliveries really stand. The history alone does not tell: after a gap, what was delivered may be waiting there
 * for good.
 */
export function createFindMoving(options: Options): FindMoving {
  const { store } = options;
  return async (rows, wanted) => {
    const unsure = rows.filter((row) => unsureOf(row, wanted).length > 0);
    const found = new Map<string, Moving>();
    for (let from = 0; from < unsure.length; from += AT_ONCE) {
      const stories = await store.stories(unsure.slice(from, from + AT_ONCE));
      const looks = stories.map(async (story) => {
        found.set(refId(story), await movingOf(story, unsureOf(story, wanted), options));
      });
      await Promise.all(looks);
    }
    return found;
  };
}

function unsureOf({ deliveries }: FoundCallback, wanted: readonly string[]): string[] {
  const unsure = deliveries.filter(({ state, output }) => (state === 'waiting' || state === 'parked') && wanted.includes(output));
  return unsure.map(({ output }) => output);
}

async function movingOf(story: CallbackStory, unsure: readonly string[], options: Options): Promise<Moving> {
  const looks = unsure.map(async (output) => ({ output, verdict: await verdictOf(story, output, options) }));
  const looked = await Promise.all(looks);
  const those = (wanted: DeliveryVerdict) =>
    new Set(looked.filter(({ verdict }) => verdict === wanted).map(({ output }) => output));
  return { onItsWay: those('onItsWay'), ended: those('ended'), notAsked: those(undefined) };
}
