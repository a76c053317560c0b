import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { RingbackError, type Callback } from '@ringback/contracts';
import { createSources, sourceTypes } from '@ringback/sources';
import { Type } from 'typebox';
import { Value } from 'typebox/value';
import { describe, expect, it, onTestFinished } from 'vitest';
import { runCli, testFile } from '../run-cli.ts';

const UUID = 'Vh71ym3yQwWSYZFpqkFwTskGXUbSxDtR';
const SECRET = 'u7Mf3zUNOkg4lMV9a0E6cHSgIkK22GSr';
const accounts = [
  { uuid: UUID, secrets: [SECRET], algorithm: 'md5' },
  { uuid: 'second', secrets: ['other'], algorithm: 'sha256' },
];
const SETTINGS = Value.Decode(sourceTypes['callbot']?.settings ?? Type.Never(), { accounts });

/** What the ingress does with a request, less the queue: verify, read, answer. */
async function startReceiver() {
  const [source] = createSources([{ name: 'callbot', type: 'callbot', settings: SETTINGS }]);
  const callbacks: (Callback & { path: string })[] = [];
  async function receive(request: IncomingMessage) {
    const { headersDistinct: headers, url: path = '' } = request;
    const body = await buffer(request);
    try {
      const callback = source?.read(source.precheck({ method: 'POST', query: '', headers, path, receivedAt: Date.now() })(body));
      if (callback) callbacks.push({ ...callback, path });
      return { status: 200, retCode: 0, retMsg: 'success' };
    } catch (error) {
      return {
        status: 401,
        retCode: 6,
        retMsg: error instanceof RingbackError ? `${error.code}: ${error.message}` : String(error),
      };
    }
  }

  async function answer(request: IncomingMessage, response: ServerResponse) {
    const { status, ...body } = await receive(request);
    response.writeHead(status).end(JSON.stringify({ ...body, responseID: 'resp-1' }));
  }

  const server = createServer((request, response) => void answer(request, response));
  await once(server.listen(0, '127.0.0.1'), 'listening');
  onTestFinished(() => void server.close());
  const address = server.address();
  const port = typeof address === 'object' && address ? address.port : 0;
  return { port, url: `http://127.0.0.1:${port}`, callbacks };
}

const settings = (port: number) => `
ingress: { port: ${port} }
sources:
  - name: callbot
    type: callbot
    accounts:
      - { uuid: ${UUID}, secrets: [${SECRET}] }
      - { uuid: second, secrets: [other], algorithm: sha256 }
      - { uuid: stranger, secrets: [x] }
    paths: { call: /calls }
outputs: [{ name: console, type: stdout }]
routes: [{ to: [console] }]
`;

async function setUp() {
  const receiver = await startReceiver();
  const config = await testFile('ringback.yaml', settings(receiver.port));
  return { ...receiver, config, send: (...args: string[]) => runCli(['send', ...args, '--config', config]) };
}

describe('send', () => {
  it.each([
    [['task'], 'callbot.task.completed', '/api/v3/taskCallback'],
    [['task', '--task-status', '5'], 'callbot.task.paused', '/api/v3/taskCallback'],
    [['order'], 'callbot.order', '/api/v3/orderCallback'],
    [['call'], 'callbot.call', '/calls'],
  ])('%j posts to the ingress of the settings, and shows the answer', async (args, type, path) => {
    const { send, callbacks } = await setUp();
    const { code, out, err } = await send(...args);
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(callbacks).toMatchObject([{ type, path, account: UUID }]);
    expect(out).toMatch(/^acked +200 +retCode 0 +success +responseID resp-1 +requestID [0-9a-f]{32} +\d+ ms$/m);
  });

  it('signs for another account, under another URL', async () => {
    const { send, callbacks, url } = await setUp();
    const { code } = await send('order', '--account', 'second', '--url', `${url}/callbot?x=1`);
    expect(code).toBe(0);
    expect(callbacks).toMatchObject([{ account: 'second', path: '/callbot?x=1' }]);
  });

  it('sends the very bytes of a file', async () => {
    const { send, callbacks } = await setUp();
    const body = `{ "callbackType": 1,  "taskID":"t","userTaskID":"u","sceneID":"s","taskStatus":1,"createTs":1, "x": 1.10, "y": "\\u0026",
      "taskStat":{"answerOrderCount":0,"finishOrderCount":0,"totalOrderCount":0,"finishRate":null,"totalAnswerCall":0,"totalCall":0,"answerRate":null}}\n`;
    const { code } = await send('task', '--file', await testFile('body.json', body));
    expect(code).toBe(0);
    expect(callbacks).toMatchObject([{ body }]);
  });

  it('sends repeats under one requestID', async () => {
    const { send, callbacks } = await setUp();
    await send('call', '--count', '3', '--request-id', 'again');
    expect(callbacks.map(({ id }) => id)).toEqual(['again', 'again', 'again']);
  });

  it('sums up where there are many, each with its own requestID', async () => {
    const { send, callbacks } = await setUp();
    const { code, out } = await send('order', '--count', '60', '--concurrency', '4', '--rate', '2000');
    expect(code).toBe(0);
    expect(new Set(callbacks.map(({ id }) => id)).size).toBe(60);
    expect(out).toMatch(/^60 sent in .*, 60 acked, 0 not$/m);
    expect(out).not.toContain('requestID');
  });
});

describe('a callback that is not acked', () => {
  it('is shown with the reason, and exits 1', async () => {
    const { send } = await setUp();
    const { code, out } = await send('task', '--account', 'stranger');
    expect(code).toBe(1);
    expect(out).toMatch(/^refused +401 +retCode 6 +RB_ACCOUNT_UNKNOWN: /m);
  });

  it('is counted by reason where there are many', async () => {
    const { send } = await setUp();
    const { code, out } = await send('task', '--account', 'stranger', '--count', '21');
    expect(code).toBe(1);
    expect(out).toMatch(/^21 × 401 +retCode 6 +RB_ACCOUNT_UNKNOWN: /m);
  });

  it('says what to do about a refused connection', async () => {
    const { send } = await setUp();
    const { code, out, err } = await send('task', '--url', 'http://127.0.0.1:1');
    expect(code).toBe(1);
    expect(out).toContain('ECONNREFUSED');
    expect(err).toBe(
      'Nothing listens at http://127.0.0.1:1: start Ringback there (npm start or ringback start), or name where it runs (--url).\n',
    );
  });

  it('may have met something that is no Ringback', async () => {
    const { send } = await setUp();
    const server = createServer((request, response) => void request.resume().on('end', () => response.end('hello')));
    await once(server.listen(0, '127.0.0.1'), 'listening');
    onTestFinished(() => void server.close());
    const address = server.address();
    const { code, out } = await send('task', '--url', `http://127.0.0.1:${typeof address === 'object' && address?.port}`);
    expect(code).toBe(1);
    expect(out).toMatch(/^unanswered +HTTP 200, and no answer that the sender could read/m);
  });
});

describe('what cannot be sent', () => {
  it.each([
    [['fax'], 2, 'Allowed choices are task, order, call, event'],
    [['task', '--count', '0'], 2, '--count'],
    [['task', '--file', '/nowhere'], 2, 'cannot be read'],
    [['task', '--account', 'nobody'], 1, 'RB_ACCOUNT_UNKNOWN: source callbot has no account nobody'],
    [['task', '--source', 'fax'], 1, 'RB_CONFIG_INVALID: the settings do not have a source named fax'],
  ])('%j', async (args, exit, problem) => {
    const { send, callbacks } = await setUp();
    const { code, err } = await send(...args);
    expect(code).toBe(exit);
    expect(err).toContain(problem);
    expect(callbacks).toEqual([]);
  });
});
