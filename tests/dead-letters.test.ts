import { testRedis, createInstallation, interfaceSettings, postCallback, taskBody } from '@ringback/testkit';
import { expect, it, vi } from 'vitest';
import { undocumented } from './documented-lines.ts';
import { printed, ringback } from './commands.ts';

const body = taskBody({ taskStatus: 1 });
const DEADLINE = { timeout: 20_000, interval: 20 };

function install() {
  const { url, prefix } = testRedis();
  return createInstallation({ redisUrl: url, settings: (crmUrl) => interfaceSettings({ crmUrl, prefix }) });
}

it('what a destination refuses for good is a dead letter: listed, read, and, once the destination works, replayed under the same webhook-id', async () => {
  const { sink, env, startIngress, startWorker } = await install();
  sink.answer(410);
  const [ingress] = await Promise.all([startIngress(), startWorker()]);
  await postCallback({ ingress: ingress.url, requestID: 'one', body });
  const table = await vi.waitFor(async () => {
    const text = await printed(env, 'dead-letters', 'list', '--output', 'crm', '--reason', '410', '--since', '1h');
    expect(text).toMatch(/crm +delivery +theirs +1 +one +callbot\.task\.pending +HTTP 410/);
    return text;
  }, DEADLINE);
  expect(table).not.toContain('t-0001');
  expect(await printed(env, 'dead-letters', 'show', 'one')).toContain('t-0001');

  sink.answer(200);
  expect(await printed(env, 'dead-letters', 'replay', '--output', 'crm', '--yes')).toBe('replayed 1 of 1');
  await vi.waitFor(() => expect(sink.requests).toHaveLength(2), DEADLINE);
  const [first, second] = sink.requests.map(({ headers }) => headers['webhook-id']);
  expect([second, typeof second]).toEqual([first, 'string']);
  const purge = await ringback(env, 'dead-letters', 'purge', 'one', '--yes');
  expect(purge).toMatchObject({ code: 1, err: 'nothing is kept that fits\n' });
}, 180_000);

it('shows what the destination answered at last, at the first attempt and at a later one, and never logs it', async () => {
  const { sink, env, startIngress, startWorker } = await install();
  const refusal = (who: string) => `{"error":"no such lead: ${who}"}`;
  sink.answer((_, request) => {
    const first = String(request.body).includes('"first"');
    return first ? { status: 422, body: refusal('Ada') } : { status: 500, body: refusal('Grace') };
  });
  const [ingress, worker] = await Promise.all([startIngress(), startWorker()]);
  for (const requestID of ['first', 'later']) await postCallback({ ingress: ingress.url, requestID, body });
  const answered = async (requestID: string): Promise<unknown> =>
    JSON.parse((await ringback(env, 'dead-letters', 'show', requestID)).out || '{}');
  await vi.waitFor(async () => {
    expect(await answered('first')).toMatchObject({ reason: 'HTTP 422', payload: { answer: refusal('Ada') } });
    expect(await answered('later')).toMatchObject({ attempts: 5, payload: { answer: refusal('Grace') } });
  }, DEADLINE);
  expect(JSON.stringify([worker.process.lines, worker.process.output])).not.toContain('no such lead');
  expect(await printed(env, 'dead-letters', 'list', '--json')).not.toContain('no such lead');

  sink.answer({ status: 410, body: '' });
  await printed(env, 'dead-letters', 'replay', 'first');
  await vi.waitFor(async () => expect(await answered('first')).toMatchObject({ reason: 'HTTP 410' }), DEADLINE);
  expect(await answered('first')).not.toHaveProperty('payload.answer');
  expect(undocumented([...ingress.process.lines, ...worker.process.lines])).toEqual([]);
}, 180_000);

it('what is verified but does not fit, or comes again with another body, is refused, kept, read and purged; what is not verified is not kept', async () => {
  const { sink, env, startIngress, startWorker } = await install();
  const [ingress, worker] = await Promise.all([startIngress(), startWorker()]);
  const unfit = taskBody({ taskID: 13800138000 });
  for (const requestID of ['odd', 'odd']) {
    const answer = await postCallback({ ingress: ingress.url, requestID, body: unfit });
    expect(answer).toMatchObject({ status: 400, body: { retCode: 4, retMsg: expect.stringContaining('taskID must be string') } });
  }
  expect(await ingress.process.line('callback refused')).toMatchObject({ requestID: 'odd', quarantined: true });
  const headers = { requestID: 'r', uuid: 'nobody', createTs: '1700000000', sign: 'A'.repeat(32) };
  const stranger = await fetch(new URL('/callbot', ingress.url), { method: 'POST', headers, body: unfit });
  expect(stranger.status).toBe(401);
  await postCallback({ ingress: ingress.url, requestID: 'same', body });
  await vi.waitFor(() => expect(sink.requests).toHaveLength(1), DEADLINE);
  await postCallback({ ingress: ingress.url, requestID: 'same', body: taskBody({ taskStatus: 2 }) });
  expect(await worker.process.line('same requestID, other body')).toMatchObject({ requestID: 'same', quarantined: true });

  const listed = await printed(env, 'quarantine', 'list', '--json');
  expect(listed.split('\n').map((line) => JSON.parse(line) as unknown)).toMatchObject([
    { reason: 'RB_REQUEST_ID_REUSED: same requestID, other body', callbacks: [{ requestID: 'same' }] },
    { reason: expect.stringContaining('RB_BODY_INVALID: '), callbacks: [{ requestID: 'odd' }] },
  ]);
  expect(listed).not.toContain('13800138000');
  const shown: unknown = JSON.parse(await printed(env, 'quarantine', 'show', 'odd'));
  expect(shown).toMatchObject({ payload: { body: unfit, headers: { requestid: ['odd'] } } });
  expect(shown).not.toHaveProperty('payload.headers.sign');
  const replay = await ringback(env, 'quarantine', 'replay', 'odd');
  expect(replay).toMatchObject({ code: 1, err: expect.stringContaining('RB_BODY_INVALID') });
  expect(await printed(env, 'quarantine', 'purge', '--yes')).toBe('purged 2 of 2');
  expect(sink.requests).toHaveLength(1);
  expect(undocumented([...ingress.process.lines, ...worker.process.lines])).toEqual([]);
}, 180_000);
