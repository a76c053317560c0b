import { chmod, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { canMount, smallDisk, testRedis } from '@ringback/testkit';
import { describe, expect, it } from 'vitest';
import { fileChecks } from './files.ts';
import { historyChecks } from './history.ts';
import { run, settingsWith } from '../test-doctor.ts';

const of = (findings: Awaited<ReturnType<typeof run>>, check: string) => findings.filter((one) => one.check === check);

describe('files', () => {
  it('finds secrets that everyone may read, and settings that everyone may write', async () => {
    const config = await settingsWith();
    await chmod(config, 0o644);
    expect(of(await run(fileChecks, { config }), 'settings-file')).toMatchObject([
      {
        severity: 'warning',
        text: expect.stringContaining('sources.0.accounts.0.secrets.0'),
        mend: expect.stringContaining('chmod o-r'),
      },
    ]);
    await chmod(config, 0o646);
    expect(of(await run(fileChecks, { config }), 'settings-file')).toMatchObject([
      { severity: 'error', mend: expect.stringContaining('chmod o-w') },
    ]);
  });

  it('lets everyone read settings whose secrets stand elsewhere, and finds the file of a secret that everyone may read', async () => {
    const config = await settingsWith({ more: '#' });
    const folder = join(config, '..');
    await writeFile(join(folder, 'secret'), 's3cret-value-of-16-bytes', { mode: 0o600 });
    await writeFile(join(folder, 'body.key'), `${'ab'.repeat(32)}\n`, { mode: 0o644 });
    await writeFile(
      config,
      `
sources: [{ name: callbot, type: callbot, accounts: [{ uuid: u, secretsFile: secret }] }]
outputs: [{ name: log, type: webhook, url: 'http://127.0.0.1:9/hook' }]
routes: [{ to: [log] }]
privacy: { encrypt: { keys: [{ keyFile: body.key }] } }
`,
    );
    await chmod(config, 0o644);
    const fine = await run(fileChecks, { config });
    expect(of(fine, 'settings-file')).toMatchObject([{ severity: 'ok' }]);
    const ofFiles = (findings: Awaited<ReturnType<typeof run>>) =>
      of(findings, 'secret-files').toSorted((a, b) => (a.subject < b.subject ? -1 : 1));
    expect(ofFiles(fine)).toMatchObject([
      { severity: 'warning', subject: join(folder, 'body.key'), mend: expect.stringContaining('chmod o=') },
      { severity: 'ok', subject: join(folder, 'secret') },
    ]);
    await chmod(join(folder, 'body.key'), 0o600);
    await chmod(join(folder, 'secret'), 0o644);
    expect(ofFiles(await run(fileChecks, { config }))).toMatchObject([
      { severity: 'ok' },
      { severity: 'warning', mend: expect.stringContaining('chmod o=') },
    ]);
  });

  it('finds a folder of the spool that is missing, and one that has too little room', async () => {
    const config = await settingsWith();
    const missing = await settingsFileWith(config, 'none/spool');
    expect(of(await run(fileChecks, { config: missing }), 'spool')).toMatchObject([
      { severity: 'error', text: 'its folder does not exist' },
    ]);
    const there = await settingsFileWith(config, 'spool', '1024GiB');
    expect(of(await run(fileChecks, { config: there }), 'spool')).toMatchObject([
      { severity: 'ok' },
      { severity: 'warning', text: expect.stringContaining('it may need') },
    ]);
  });

  it.runIf(canMount())('finds a disk that is full or read-only', async () => {
    const disk = smallDisk(1);
    const config = await settingsFileWith(await settingsWith(), join(disk.folder, 'spool'));
    disk.ballast.add();
    expect(of(await run(fileChecks, { config }), 'spool')).toMatchObject([{ severity: 'ok' }, { severity: 'error' }]);
    disk.setReadOnly(true);
    expect(of(await run(fileChecks, { config }), 'spool')).toMatchObject([
      { severity: 'error', text: 'this user may not write it' },
      { severity: 'error' },
    ]);
  });
});

async function settingsFileWith(beside: string, path: string, maxBytes = '1GiB') {
  const config = join(beside, '..', `with-spool-${Math.random()}.yaml`);
  await writeFile(
    config,
    `
ingress: { spool: { path: '${path}', maxBytes: ${maxBytes} } }
sources: [{ name: callbot, type: callbot, accounts: [{ uuid: u, secrets: [s3cret-value-of-16-bytes] }] }]
outputs: [{ name: log, type: stdout }]
routes: [{ to: [log] }]
`,
  );
  return config;
}

describe('history', () => {
  it('is no error before a worker has made its file, and is one if the file is not ours', async () => {
    const { url, prefix } = testRedis();
    const redis = `{ url: '${url}', prefix: ${prefix} }`;
    const config = await settingsWith({ redis, more: 'history: { store: sqlite, path: h.sqlite }' });
    const [history] = historyChecks;
    if (!history) throw new Error('there is a check of the history');
    expect(await run([history], { config })).toMatchObject([{ severity: 'note', subject: 'sqlite' }]);
    await writeFile(join(config, '../h.sqlite'), 'this is no database of ours, and none at all');
    expect(await run([history], { config })).toMatchObject([
      { severity: 'error', text: expect.stringContaining('RB_HISTORY_UNUSABLE') },
    ]);
  });
});
