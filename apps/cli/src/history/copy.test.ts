import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { NO_ROWS, openHistory } from '@ringback/history';
import { expect, it, onTestFinished } from 'vitest';
import { testFile } from '../run-cli.ts';
import { callbackRow, withTestHistory } from '../search/test-history.ts';

const settings = (history: string) => `
sources: [{ name: callbot, type: callbot, accounts: [{ uuid: account, secrets: [s3cret-value] }] }]
outputs: [{ name: log, type: stdout }]
routes: [{ to: [log] }]
${history}
`;

it('history copy brings all into the history of other settings, and says what is left to do', async () => {
  const { history, path, cli } = await withTestHistory();
  const folder = mkdtempSync(join(tmpdir(), 'ringback-copy-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const target = join(folder, 'history.sqlite');
  await history.write({ ...NO_ROWS, callbacks: [callbackRow('a'), callbackRow('b')] });
  const who = { requestID: 'r', source: 's', account: 'a', receivedAt: 5 };
  await history.rest.put([{ id: 'r', kind: 'unrouted', key: 'k', place: 1, ...who, at: 6, payload: '{}' }]);
  const to = await testFile('new.yaml', settings(`history: { store: sqlite, path: ${target} }`));

  expect(await cli('history', 'copy', '--to', to)).toEqual({
    code: 0,
    out: 'copied 2 callbacks, 0 deliveries, 0 attempts; moved 0 that rest\n',
    err: '1 rest in the old history still: once all workers run with the new settings, run it again with --rest\n',
  });
  const again = await cli('history', 'copy', '--to', to, '--rest', '--json');
  expect([again.code, JSON.parse(again.out)]).toMatchObject([0, { callbacks: 2, moved: 1, resting: 0, missing: 0 }]);
  const copy = await openHistory({ store: 'sqlite', path: target }, { folder });
  onTestFinished(() => copy.close());
  expect([await copy.count({}), await copy.rest.counts()]).toMatchObject([2, [{ kind: 'unrouted', count: 1 }]]);

  const same = await testFile('same.yaml', settings(`history: { store: sqlite, path: ${path} }`));
  expect(await cli('history', 'copy', '--to', same)).toMatchObject({
    code: 1,
    err: expect.stringContaining('RB_CONFIG_INVALID'),
  });
  const none = await testFile('none.yaml', settings(''));
  expect(await cli('history', 'copy', '--to', none)).toMatchObject({ code: 1, err: expect.stringContaining('RB_HISTORY_OFF') });
});
