import { type RequestHead, RingbackError, type Source } from '@ringback/contracts';
import type { FastifyRequest } from 'fastify';
import type { IngressDeps } from './ingress-deps.ts';

const MOST_SHOWN = 200;

type RefusalFacts = Readonly<Record<string, string | number>> & { readonly account?: string | number };

type Refused = {
  readonly request: Pick<FastifyRequest, 'ip' | 'raw'>;
  readonly source: Pick<Source, 'facts'>;
  readonly head: RequestHead;
  readonly error: unknown;
  readonly bytes: number | string | undefined;
  readonly trustProxy: IngressDeps['trustProxy'];
};

/** What a refusal's log line tells of the request, for `ringback verify`. No secret, nothing of the body. */
export function refusalFacts({ request, source, head, error, bytes, trustProxy }: Refused): RefusalFacts {
  const known = error instanceof RingbackError ? error.facts : {};
  const contentType = head.headers['content-type']?.[0];
  return {
    ...source.facts?.(head),
    ...known,
    ...remoteOf(request, trustProxy),
    ...(bytes !== undefined && { bytes: Number(bytes) }),
    ...(contentType !== undefined && { contentType: contentType.slice(0, MOST_SHOWN) }),
  };
}

/** X-Forwarded-For says something only if a trusted proxy sent it. */
function remoteOf({ ip, raw }: Refused['request'], trustProxy: Refused['trustProxy']): Record<string, string> {
  const forwarded = raw.headers['x-forwarded-for'];
  const isTrusted = forwarded !== undefined && trustProxy?.(raw.socket.remoteAddress ?? '') === true;
  return { from: ip, ...(isTrusted && { forwardedFor: String(forwarded).slice(0, MOST_SHOWN) }) };
}
