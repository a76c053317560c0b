import { RingbackError } from '@ringback/contracts';
import { examineBuffer, examineHistory, type Finding } from '@ringback/operations';
import type { Check, DoctorContext } from '../check.ts';
import { ofShards } from './redis-places.ts';
import { checkHistoryTls } from './tls.ts';
import { openHistoryOf } from '../../reach/with-history.ts';

const buffer = ofShards('history-buffer', async (shard, { settings, now }) =>
  settings().history === undefined ? [] : [await examineBuffer({ ...shard, now: now() })],
);

export const historyChecks: readonly Check[] = [
  { name: 'history', group: 'history', run: checkHistory },
  { name: 'history-tls', group: 'history', run: checkHistoryTls },
  // Without a history there is no need of Redis.
  { ...buffer, group: 'history', run: async (context) => (context.settings().history === undefined ? [] : buffer.run(context)) },
];

async function checkHistory({ settings, path, now }: DoctorContext): Promise<readonly Finding[]> {
  const { history, outputs } = settings();
  if (history === undefined) return [{ severity: 'ok', subject: 'history', text: 'the settings have none' }];
  try {
    let none: string | undefined;
    const store = await openHistoryOf(settings(), path(), { tellNone: (line) => (none = line) });
    if (store === undefined) return [];
    try {
      if (none !== undefined) return [{ severity: 'note', subject: history.store, text: none, mend: 'start a worker' }];
      return await examineHistory(store, { now: now(), outputs: outputs.map(({ name }) => name) });
    } finally {
      await store.close();
    }
  } catch (error) {
    if (!(error instanceof RingbackError)) throw error;
    const text = `${error.code}: ${error.message}`;
    return [
      {
        severity: 'error',
        subject: history.store,
        text,
        mend: 'docs/errors.md has the section of docs/runbook.md for each code',
      },
    ];
  }
}
