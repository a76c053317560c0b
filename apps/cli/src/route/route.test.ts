import { expect, it } from 'vitest';
import { taskBody } from '@ringback/testkit';
import { runCli, testFile } from '../run-cli.ts';

const SETTINGS = `
sources: [{ name: voice, type: callbot, accounts: [{ uuid: acc, secrets: ["\${UNSET}"] }] }]
outputs: [{ name: crm, type: webhook, url: "\${UNSET}" }, { name: ops, type: stdout }]
routes:
  - { match: callbot.call, to: [crm] }
  - { match: callbot.task.*, when: data.taskStatus == 3, to: [ops] }
`;

it('says which routes match a sample, and why not, without any secret', async () => {
  const config = await testFile('ringback.yaml', SETTINGS);
  const { code, out, err } = await runCli(['route', '--config', config]);
  expect({ code, err, out: out.split('\n') }).toEqual({
    code: 0,
    err: '',
    out: [
      'callbot.task.completed of source voice, account acc',
      'route 1 does not match: type callbot.task.completed does not fit callbot.call',
      'route 2 matches, to ops: type fits callbot.task.*; data.taskStatus == 3 is true',
      'would go to ops',
      '',
    ],
  });
});

it('takes the body of a file, and exits 1 where nothing would be delivered', async () => {
  const config = await testFile('ringback.yaml', SETTINGS);
  const body = await testFile('callback.json', taskBody({ taskStatus: 4 }));
  const { code, out } = await runCli(['route', '--file', body, '--config', config]);
  expect(code).toBe(1);
  expect(out).toContain('route 2 does not match: data.taskStatus == 3 is false: data.taskStatus is 4\n');
  expect(out).toContain('no route matches: it would be acked, and kept in quarantine (RB_UNROUTED)\n');
});

it('says which route drops it, and exits 0, since a route decides', async () => {
  const drop = '  - { match: callbot.task.*, drop: only completed tasks matter }\n';
  const config = await testFile('ringback.yaml', `${SETTINGS}${drop}`);
  const body = await testFile('callback.json', taskBody({ taskStatus: 4 }));
  const { code, out } = await runCli(['route', '--file', body, '--config', config]);
  expect(code).toBe(0);
  expect(out).toContain('route 3 matches, drops it (only completed tasks matter): type fits callbot.task.*; no condition\n');
  expect(out).toMatch(/\nwould be dropped: only completed tasks matter\n$/);
});

it('says what the source would refuse', async () => {
  const config = await testFile('ringback.yaml', SETTINGS);
  const body = await testFile('callback.json', '{"taskStatus":4}');
  const { code, err } = await runCli(['route', '--file', body, '--config', config]);
  expect({ code, err }).toEqual({ code: 1, err: expect.stringMatching(/^RB_BODY_INCOMPLETE: the body lacks /) });
});

it('says, as the worker does, that it would be kept if a condition takes too long, even if another route delivers it', async () => {
  const dear = '  - { match: callbot.task.*, when: "data.l.exists(a, data.s.substring(0).size() == 1)", to: [crm] }\n';
  const config = await testFile('ringback.yaml', `${SETTINGS}${dear.repeat(20)}`);
  const task = JSON.parse(taskBody()) as object;
  const list = Array.from({ length: 40_000 }, () => 1);
  const body = await testFile('callback.json', JSON.stringify({ ...task, l: list, s: 'x'.repeat(1000) }));
  const { code, out } = await runCli(['route', '--file', body, '--config', config]);
  expect(code).toBe(1);
  expect(out).toContain('route 2 matches, to ops:');
  expect(out).toMatch(/route 3 does not match: when: takes too long: /);
  expect(out).toMatch(/route 22 does not match: when: those before it took too long: /);
  expect(out).toMatch(/\nit would be acked, and kept in quarantine \(RB_CONDITION_OVERRUN\): .*it went to ops\n$/);
});
