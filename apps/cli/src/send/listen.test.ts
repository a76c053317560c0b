import { once } from 'node:events';
import { createServer } from 'node:http';
import { connect } from 'node:net';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { runCli, startCli } from '../run-cli.ts';

async function startListening(...args: string[]) {
  const child = startCli(['listen', '0', ...args]);
  let out = '';
  child.stdout?.setEncoding('utf8').on('data', (text: string) => (out += text));
  const url = await vi.waitFor(() => {
    const [found] = /http:\/\/127\.0\.0\.1:\d+/.exec(out) ?? [];
    if (found === undefined) throw new Error(`not listening yet: ${out}`);
    return found;
  }, 60_000);
  return { child, url, shown: () => out };
}

describe('listen', () => {
  it('prints each request with its numbers unchanged, and answers 200', async () => {
    const { url, shown } = await startListening();
    const body = '{"type":"callbot.call","data":{"n":12345678901234567890,"rate":1.10}}';
    const answer = await fetch(`${url}/hook?x=1`, { method: 'POST', body, headers: { 'webhook-id': 'msg_1' } });
    expect(answer.status).toBe(200);
    await vi.waitFor(() => expect(shown()).toContain('POST /hook?x=1  webhook-id msg_1\n'), 5000);
    await vi.waitFor(() => expect(shown()).toContain('    "n": 12345678901234567890,\n    "rate": 1.10\n'), 5000);
  });

  it('prints what is no JSON as it is', async () => {
    const { url, shown } = await startListening();
    await fetch(url, { method: 'PUT', body: 'plain {text' });
    await vi.waitFor(() => expect(shown()).toContain('PUT /\nplain {text\n'), 5000);
  });

  it('plays a destination that fails', async () => {
    const { url } = await startListening('--status', '503');
    expect((await fetch(url, { method: 'POST', body: '{}' })).status).toBe(503);
  });

  it.each(['SIGINT', 'SIGTERM'] as const)('ends at once on %s, even in the middle of a request', async (signal) => {
    const { child, url } = await startListening();
    const sender = connect(Number(new URL(url).port), '127.0.0.1').on('error', () => {}); // cut off at the end, as it should be
    onTestFinished(() => void sender.destroy());
    sender.write('POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\nExpect: 100-continue\r\n\r\n');
    await once(sender, 'data'); // 100: the request is under way
    child.kill(signal);
    expect(await once(child, 'exit')).toEqual([0, null]);
  });

  it('says so when its port is taken', async () => {
    const server = createServer();
    await once(server.listen(0, '127.0.0.1'), 'listening');
    onTestFinished(() => void server.close());
    const address = server.address();
    const port = String(typeof address === 'object' && address?.port);
    const { code, err } = await runCli(['listen', port]);
    expect({ code, err }).toEqual({
      code: 1,
      err: `RB_PORT_TAKEN: port ${port} is in use: name another one (listen <port>)\n`,
    });
  });
});
