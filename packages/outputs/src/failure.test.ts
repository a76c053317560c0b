import { describe, expect, it, vi } from 'vitest';
import { failureReason, unlessAborted } from './failure.ts';

const alive = new AbortController().signal;
const coded = (code: unknown, cause?: unknown) => Object.assign(new Error('https://example.com/secret', { cause }), { code });

describe('failureReason', () => {
  it.each([
    ['ECONNREFUSED', 'connection refused'],
    ['EPIPE', 'connection reset'],
    ['UND_ERR_RES_CONTENT_LENGTH_MISMATCH', 'connection reset'],
    ['EAI_AGAIN', 'host not found'],
    ['EHOSTUNREACH', 'host unreachable'],
    ['UND_ERR_CONNECT_TIMEOUT', 'timeout'],
    ['CERT_HAS_EXPIRED', 'tls: CERT_HAS_EXPIRED'],
    ['DEPTH_ZERO_SELF_SIGNED_CERT', 'tls: DEPTH_ZERO_SELF_SIGNED_CERT'],
    ['ERR_TLS_CERT_ALTNAME_INVALID', 'tls: ERR_TLS_CERT_ALTNAME_INVALID'],
    ['EMFILE', 'request failed: EMFILE'],
  ])('names the kind of %s', (code, reason) => {
    expect(failureReason(coded(code), alive)).toBe(reason);
  });

  it('finds the code in what caused the error', () => {
    expect(failureReason(new TypeError('failed', { cause: coded('ECONNRESET') }), alive)).toBe('connection reset');
  });

  it.each([coded('https://example.com/secret'), coded(23), new Error('secret'), 'secret', undefined])(
    'says nothing that is not a code: %#',
    (error) => {
      expect(failureReason(error, alive)).toBe('request failed');
    },
  );

  it('gives the signal’s reason once it has aborted, for any error', () => {
    expect(failureReason(coded('ECONNRESET'), AbortSignal.abort(new DOMException('late', 'TimeoutError')))).toBe('timeout');
    expect(failureReason(coded('ECONNRESET'), AbortSignal.abort('secret'))).toBe('aborted');
  });
});

describe('unlessAborted', () => {
  it('settles like the work, and leaves no listener behind', async () => {
    const { signal } = new AbortController();
    const [added, removed] = [vi.spyOn(signal, 'addEventListener'), vi.spyOn(signal, 'removeEventListener')];
    expect(await unlessAborted(signal, async () => 7)).toBe(7);
    await expect(unlessAborted(signal, () => Promise.reject(new Error('no')))).rejects.toThrow('no');
    expect(added).toHaveBeenCalledTimes(2);
    expect(removed.mock.calls.map(([, listener]) => listener)).toEqual(added.mock.calls.map(([, listener]) => listener));
  });

  it('rejects with the signal’s reason while the work goes on', async () => {
    const controller = new AbortController();
    const result = unlessAborted(controller.signal, () => Promise.withResolvers<never>().promise);
    controller.abort(new Error('stop'));
    await expect(result).rejects.toThrow('stop');
  });

  it('does not start the work when the signal has aborted already', async () => {
    const work = vi.fn(async () => 7);
    await expect(unlessAborted(AbortSignal.abort(new Error('stop')), work)).rejects.toThrow('stop');
    expect(work).not.toHaveBeenCalled();
  });
});
