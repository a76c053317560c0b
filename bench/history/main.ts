// A process of its own: what it uses is the store's and the writer's alone.
import { type HistoryStore, openHistory } from '@ringback/history';
import { serve } from '../child.ts';
import { readSettings } from '../settings.ts';
import type { HistorySize } from './callbacks.ts';
import { type Question, questionsOf } from './questions.ts';
import { rowsInPortions } from './rows.ts';

export type HistoryCalls = ReturnType<typeof createHistoryBench>;

/** Of one transaction. */
const PORTION = 1000;

export type Written = {
  /** While the store wrote, of this process. */
  readonly ms: number;
  readonly cpuMs: number;
  /** Of each. */
  readonly bodyBytes: number;
  /** That the store takes on disk for each callback that it holds by now, and of that beyond twice its body. */
  readonly bytes: number;
  readonly beyondTwiceBody: number;
};

function createHistoryBench(store: HistoryStore) {
  let questions: readonly Question[] = [];
  let held = { callbacks: 0, bodies: 0 };

  return {
    async write({ mixed, ...size }: HistorySize & { readonly mixed: boolean }): Promise<Written> {
      let [ms, cpuMs, bodyBytes] = [0, 0, 0];
      for (const rows of rowsInPortions({ ...size, mixed, portion: PORTION })) {
        const [started, used] = [performance.now(), process.cpuUsage()];
        await store.write(rows);
        const { user, system } = process.cpuUsage(used);
        ms += performance.now() - started;
        cpuMs += (user + system) / 1000;
        bodyBytes += rows.callbacks.reduce((sum, { body = '' }) => sum + Buffer.byteLength(body), 0);
      }
      questions = questionsOf({ store, size });
      held = { callbacks: held.callbacks + size.callbacks, bodies: held.bodies + bodyBytes };
      const { bytes } = await store.status();
      return {
        ms,
        cpuMs,
        bodyBytes: bodyBytes / size.callbacks,
        bytes: bytes / held.callbacks,
        beyondTwiceBody: (bytes - 2 * held.bodies) / held.callbacks,
      };
    },
    questions: () => questions.map(({ group, name }) => ({ group, name })),
    /** ms of each turn, and what the last one found. */
    async ask({ index, turns }: { readonly index: number; readonly turns: number }) {
      const times: number[] = [];
      let found = 0;
      for (let turn = 0; turn < turns; turn += 1) {
        const started = performance.now();
        found = (await questions[index]?.ask(turn)) ?? 0;
        times.push(performance.now() - started);
      }
      return { times, found };
    },
    close: () => store.close(),
  };
}

const { history } = readSettings(process.env);
if (!history) throw new Error('the settings have no history');
// Its path is absolute.
serve(createHistoryBench(await openHistory(history, { folder: '/' })));
