import { readFileSync } from 'node:fs';
import { createSink } from '@ringback/testkit';
import { expect, it, onTestFinished } from 'vitest';
import { CHECKS } from './registry.ts';
import { reportLines } from './report.ts';
import { closedPort, doctor, run, SECRET, settingsWith } from './test-doctor.ts';
import { runCommand } from '../test-commands.ts';

it('has a row in docs/doctor.md for every check, and no row for any other', () => {
  const page = readFileSync(new URL('../../../../docs/doctor.md', import.meta.url), 'utf8');
  const documented = [...page.matchAll(/^\| `([a-z][a-z-]+)` \|/gm)].map(([, name = '']) => name);
  expect(documented).toEqual(CHECKS.map(({ name }) => name));
});

it('tells all that it can while Redis is away, and that the rest was not checked', async () => {
  const sink = await createSink();
  onTestFinished(() => sink.close());
  const outputs = `[{ name: crm, type: webhook, url: '${sink.url}/hook?token=s3cret-token' }]`;
  const file = await settingsWith({ outputs });
  const url = `redis://u:s3cret-password@127.0.0.1:${await closedPort()}`;
  const { code, of, out } = await doctor(file, ['--timeout', '10s'], { REDIS_URL: url });
  expect(code).toBe(1);
  expect(of('redis-reach')).toMatchObject([{ severity: 'error', mend: expect.any(String) }]);
  expect(of('redis-policy')).toMatchObject([{ severity: 'warning', text: expect.stringContaining('could not be checked') }]);
  expect(of('output-tcp')).toMatchObject([{ severity: 'ok', subject: `crm (${sink.url})` }]);
  expect(of('settings')).toMatchObject([{ severity: 'ok' }]);
  for (const secret of ['s3cret-token', 's3cret-password', SECRET]) expect(out).not.toContain(secret);
});

it('lets one check that fails or hangs stop no other, and says which', async () => {
  const findings = await run(
    [
      { name: 'throws', group: 'system', run: () => Promise.reject(new Error(SECRET)) },
      { name: 'hangs', group: 'system', run: () => Promise.withResolvers<[]>().promise },
      { name: 'works', group: 'system', run: () => [{ severity: 'ok', subject: 'it', text: 'works' }] },
    ],
    { config: 'none.yaml', timeout: 50 },
  );
  expect(findings).toEqual([
    { check: 'throws', severity: 'warning', subject: 'throws', text: 'could not be checked: RB_INTERNAL: Error' },
    { check: 'hangs', severity: 'warning', subject: 'hangs', text: 'could not be checked: no answer within 0.05 s' },
    { check: 'works', severity: 'ok', subject: 'it', text: 'works' },
  ]);
});

it('names broken settings, and goes on with what needs none', async () => {
  const file = await settingsWith({ outputs: '[{ name: crm, type: nonsense }]' });
  const { code, of } = await doctor(file);
  expect(code).toBe(1);
  expect(of('settings')).toMatchObject([{ severity: 'error', text: expect.stringContaining('nonsense') }]);
  expect(of('output-dns')).toMatchObject([{ severity: 'warning', text: expect.stringContaining('could not be checked') }]);
  expect(of('node')).toMatchObject([{ severity: 'ok' }]);
});

it('exits with 1 for a warning with --strict, and checks only what --only names', async () => {
  const file = await settingsWith({
    outputs: '[{ name: log, type: stdout }, { name: log2, type: stdout }]',
    more: 'log: { level: info }',
  });
  const strict = await doctor(file, ['--only', 'settings,node', '--strict']);
  expect(strict).toMatchObject({ code: 0, errors: 0, warnings: 0 });
  expect(new Set(strict.findings.map(({ check }) => check))).toEqual(new Set(['settings', 'node']));
  const warned = await settingsWith({ more: 'history: { store: sqlite, path: h.sqlite, keep: 1d, keepBodies: 2d }' });
  expect(await doctor(warned, ['--only', 'settings'])).toMatchObject({ code: 0, warnings: 1 });
  expect(await doctor(warned, ['--only', 'settings', '--strict'])).toMatchObject({ code: 1, warnings: 1 });
});

it('prints by group, the worst first, with how to mend it', async () => {
  const file = await settingsWith();
  const { code, out } = await runCommand(['doctor', '--config', file, '--only', 'node,settings']);
  expect(code).toBe(0);
  expect(out).toMatch(/^settings\n {2}ok .*is fine\n\nsystem\n {2}ok .*version/);
  const lines = reportLines(
    [
      { check: 'node', severity: 'ok', subject: 'node', text: 'fine' },
      { check: 'cpu', severity: 'error', subject: 'cpu', text: 'bad\u001b[2J', mend: 'do this' },
    ],
    CHECKS,
  );
  expect(lines).toEqual([
    'system',
    '  ERROR   cpu  bad?[2J',
    '          mend: do this',
    '  ok      node  fine',
    '',
    '1 error, 0 warnings, 2 findings',
  ]);
});
