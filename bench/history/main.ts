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
  readonly bodyBytes: number;
  /** By which the store grew on disk. */
  readonly bytes: number;
};

function createHistoryBench(store: HistoryStore) {
  let questions: readonly Question[] = [];

  return {
    async write({ mixed, ...size }: HistorySize & { readonly mixed: boolean }): Promise<Written> {
      const { bytes: before } = await store.status();
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
      return { ms, cpuMs, bodyBytes, bytes: (await store.status()).bytes - before };
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
