import { startChild } from '../child.ts';
import type { HistorySize } from '../history/callbacks.ts';
import type { HistoryCalls, Written } from '../history/main.ts';
import { spreadOf } from '../measure/samples.ts';
import type { OnClose } from '../processes.ts';
import { type HistoryPlace, makeFolder, writeSettings } from '../settings.ts';
import type { World } from '../world.ts';

const WRITTEN_WITHIN_MS = 1_200_000;
const ASKED_WITHIN_MS = 600_000;
const DAY_MS = 86_400_000;
/** Less than `keepBodies`. */
const SPAN_MS = 6 * DAY_MS;

/** What a writer brings to it, what it takes on disk, and how long it takes to answer once it holds a lot. */
export async function measureHistoryStore(world: World, place: HistoryPlace, onClose: OnClose): Promise<void> {
  const { plan, say, samples } = world;
  const { written, kept, turns } = plan.history;
  const folder = await makeFolder(onClose);
  const settings = await writeSettings({ folder, durability: 'everysec', sinkUrl: 'http://127.0.0.1:9', history: place });
  const child = startChild<HistoryCalls>(new URL('../history/main.ts', import.meta.url), {
    onClose,
    // It connects to no Redis.
    env: { RINGBACK_CONFIG: settings, REDIS_URL: 'redis://127.0.0.1:9' },
  });
  const until = Date.now();
  const write = async (who: string, size: HistorySize, mixed: boolean) => {
    say(`history, ${place.store}: ${size.callbacks} callbacks to write`);
    const figures = await child.call('write', { ...size, mixed }, WRITTEN_WITHIN_MS);
    samples.add(`${who}, ${place.store}`, figuresOf(figures, size.callbacks));
  };
  // Older than the rest, and an hour long: many within a short time, as of a writer under load.
  await write('disk', { callbacks: written, first: kept, until: until - 7 * DAY_MS, span: DAY_MS / 24 }, false);
  await write('million', { callbacks: kept, first: 0, until, span: SPAN_MS }, true);

  for (const [index, { group, name }] of (await child.call('questions', undefined)).entries()) {
    say(`history, ${place.store}: ${group}, ${name}`);
    const { times, found } = await child.call('ask', { index, turns }, ASKED_WITHIN_MS);
    const { median = Number.NaN, max = Number.NaN } = spreadOf(times) ?? {};
    samples.add(`${group}: ${name}, ${place.store}`, { median, worst: max, found });
    samples.add(`questions, ${place.store}`, { [group]: median });
  }
}

function figuresOf({ ms, cpuMs, ...bytes }: Written, callbacks: number): Record<string, number> {
  return {
    perSecond: (callbacks / ms) * 1000,
    perCore: (callbacks / cpuMs) * 1000,
    cpuMicros: (cpuMs * 1000) / callbacks,
    ...bytes,
  };
}
