import { createMissing, historyStatus, mebibytes, type WholeStatus } from '@ringback/operations';
import { age } from '../terminal/age.ts';
import { iso } from '../terminal/iso.ts';
import type { Terminal } from '../terminal/terminal.ts';
import type { OpenPlaces } from '../reach/with-places.ts';

/** True if all could be asked. */
export async function showStatus(
  { settings, places, away, requireHistory }: OpenPlaces,
  { json, terminal }: { json: boolean; terminal: Terminal },
): Promise<boolean> {
  // Without one there is nothing to say. One that is away leaves what waits for it.
  if (settings.history === undefined) requireHistory();
  const now = Date.now();
  const missing = createMissing(away);
  const status = await historyStatus(places, { missing, now });
  for (const line of json ? [flatJson(status)] : historyLines(status, now)) terminal.out(line);
  for (const reason of missing.all()) terminal.err(`missing: ${reason}`);
  return missing.all().length === 0;
}

/** Each is a fact for people. `now`: ms since the epoch. */
export function historyLines({ store, resting = [], refused = [], waiting }: WholeStatus, now: number): string[] {
  const kept = store && [
    `${store.store}, schema ${store.schemaVersion}: ${store.callbacks} callbacks, ${store.deliveries} deliveries, ${store.attempts} attempts, ${store.bodies} bodies, ${mebibytes(store.bytes)}`,
    store.oldest === undefined || store.newest === undefined
      ? 'no callback yet'
      : `callbacks from ${iso(store.oldest)} to ${iso(store.newest)}`,
  ];
  return [
    ...(kept ?? []),
    waitingLine(waiting, now),
    ...resting.map(({ kind, output, count, bytes, oldest }) => {
      const where = output === undefined ? '' : ` of ${output}`;
      return `rests here: ${count} × ${kind}${where}, ${mebibytes(bytes)}, the oldest received ${iso(oldest)}`;
    }),
    ...(store?.gaps ?? []).map(({ from, to, callbacks, attempts, reason }) => {
      return `gap from ${iso(from)} to ${iso(to)}: ${callbacks} callbacks and ${attempts} attempts are missing (${reason})`;
    }),
    ...refused.map(
      ({ source, code, count }) => `refused in the last hour: ${count} × ${code}${source === undefined ? '' : ` at ${source}`}`,
    ),
  ];
}

function waitingLine(waiting: WholeStatus['waiting'], now: number): string {
  if (waiting === undefined) return 'what waits in Redis to be written to the history is not known';
  const events = waiting.reduce((sum, one) => sum + one.events, 0);
  if (events === 0) return 'nothing waits to be written';
  const bytes = waiting.reduce((sum, one) => sum + one.bytes, 0);
  const oldest = Math.min(...waiting.map((one) => one.oldest ?? now));
  return `${events} events wait in Redis to be written (${mebibytes(bytes)}, the oldest for ${age(now - oldest)})`;
}

/** Times in ISO 8601. */
export function historyJson({ store, resting, refused, waiting }: WholeStatus) {
  return {
    store: store && {
      ...store,
      oldest: iso(store.oldest),
      newest: iso(store.newest),
      gaps: store.gaps.map(({ from, to, ...gap }) => ({ ...gap, from: iso(from), to: iso(to) })),
    },
    resting: resting?.map(({ oldest, ...one }) => ({ ...one, oldest: iso(oldest) })),
    waiting: waiting?.map(({ oldest, ...one }) => ({ ...one, oldest: iso(oldest) })),
    refused,
  };
}

function flatJson(status: WholeStatus): string {
  const { store, ...rest } = historyJson(status);
  return JSON.stringify({ ...store, ...rest });
}
